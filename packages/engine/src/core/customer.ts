import type { PlanItem } from './catalog.ts'
import type { Controls, UsageWindow } from './controls.ts'
import type { Grant } from './grant.ts'
import type { Hold, HoldOutcome } from './hold.ts'
import type { Interval } from './period.ts'

/** Everything the engine knows about one customer. Immutable; a fold of the customer's entries. */
export interface CustomerState {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  readonly fingerprint: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly sendEmailReceipts: boolean
  readonly createdAt: number
  /** Set once the customer was deleted: what is left only keeps the ledger's count. */
  readonly deletedAt: number | null
  /** The sequence number of the last entry folded in: grows with every change. */
  readonly seq: number
  /** How far the customer's clock runs ahead of the engine's, in ms. */
  readonly clockOffsetMs: number
  readonly subscriptions: readonly Subscription[]
  /** Plans whose free trial was used. */
  readonly trialsUsed: readonly string[]
  readonly entities: readonly Entity[]
  readonly grants: readonly Grant[]
  readonly holds: readonly Hold[]
  /** The last holds that ended, newest last, so that a late settle hears what became of its hold. */
  readonly endedHolds: readonly EndedHold[]
  readonly controls: Controls
  readonly windows: readonly UsageWindow[]
  /** When time alone next changes the customer: a reset, an expiry, the end of a plan. Infinity: never. */
  readonly dueAt: number
}

export interface Subscription {
  readonly id: string
  readonly planId: string
  readonly planVersion: number
  readonly planName: string
  readonly group: string
  readonly addOn: boolean
  readonly autoEnable: boolean
  readonly paid: boolean
  readonly entityId: string | null
  readonly startedAt: number
  readonly trialEndsAt: number | null
  readonly canceledAt: number | null
  readonly expiresAt: number | null
  /** A trial without a card: the plan ends with it, since nobody could be billed afterwards. */
  readonly endsWithTrial: boolean
  /** How often its price is due; null: never, or once. */
  readonly billing: Interval | null
  readonly periodStart: number | null
  readonly periodEnd: number | null
  readonly quantity: number
  /** Items granted anew to each entity that is created. */
  readonly perEntityItems: readonly PlanItem[]
  readonly controls: Controls
}

/** A part of a customer with balances of its own: a seat, a workspace. */
export interface Entity {
  readonly id: string
  readonly name: string | null
  /** The allocated feature of which the entity occupies one unit. */
  readonly featureId: string
  readonly createdAt: number
  readonly controls: Controls
}

export interface EndedHold {
  readonly id: string
  readonly outcome: HoldOutcome
  readonly at: number
}
