import type { Amount } from './amount.ts'

/** Limits beside the balances, set for a plan, a customer or an entity; per feature the entity's entry counts first, then the customer's, then the plans'. */
export interface Controls {
  readonly overageAllowed: readonly OverageControl[]
  readonly spendLimits: readonly SpendLimit[]
  readonly usageLimits: readonly UsageLimit[]
  /** Entries the engine stores for the wire and does not act on: alerts and automatic top-ups. */
  readonly other: Readonly<Record<string, unknown>>
}

export interface OverageControl {
  readonly featureId: string
  readonly enabled: boolean
}

/** How far a feature may go below zero. */
export interface SpendLimit {
  readonly featureId: string
  readonly enabled: boolean
  readonly kind: 'absolute' | 'usage_percentage'
  /** Units beyond zero, or a percentage of what is granted. Null: no limit of its own. */
  readonly overageLimit: Amount | null
}

/** How much of a feature may be used within one window of time. */
export interface UsageLimit {
  readonly featureId: string
  readonly enabled: boolean
  readonly limit: Amount
  readonly interval: 'day' | 'week' | 'month' | 'year'
  /** A window counts from the billing cycle's start, or from the calendar in UTC. */
  readonly anchor: 'billing_cycle' | 'utc'
  /** Only uses with these properties count. */
  readonly filter: Readonly<Record<string, unknown>> | null
}

/** What was used of a feature in the window that contains now. */
export interface UsageWindow {
  readonly featureId: string
  /** The entity whose limit it counts for; null: the customer's. */
  readonly entityId: string | null
  /** Tells the windows of several limits on one feature apart: see `limitIdOf`. */
  readonly limitId: string
  readonly used: Amount
  readonly startsAt: number
  readonly endsAt: number
}

export const NO_CONTROLS: Controls = { overageAllowed: [], spendLimits: [], usageLimits: [], other: {} }
