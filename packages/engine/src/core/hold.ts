import type { Amount } from './amount.ts'

/** How long a hold lives when nothing is said: long enough for a slow call, short enough that a crash does not strand units for long. */
export const DEFAULT_HOLD_MS = 900_000

/** The longest that a hold may live, counted from when its end is set. */
export const MAX_HOLD_MS = 86_400_000

/** Units set aside for a running call. It ends exactly once: committed, released or expired. */
export interface Hold {
  readonly id: string
  /** The logical call it belongs to; null: none was named. */
  readonly operation: OperationRef | null
  readonly entityId: string | null
  /** In the customer's time, as is `expiresAt`. */
  readonly createdAt: number
  readonly expiresAt: number
  /** What a commit above the held units may do; also decided how the hold itself was filled. */
  readonly overage: OverageBehavior
  readonly items: readonly HoldItem[]
  readonly properties: Properties | null
}

/** Names one logical call of the caller, stable over retries. */
export interface OperationRef {
  readonly id: string
  /** Identifies the input: a repeat with another fingerprint is a conflict. */
  readonly fingerprint: string
}

export interface HoldItem {
  readonly featureId: string
  /** Units of the feature that are held, not units of the pools that paid. */
  readonly units: Amount
  readonly payments: readonly Payment[]
}

/** Units that one grant put up. */
export interface Payment {
  readonly grantId: string
  /** Set when carried-over units paid. */
  readonly rolloverId: string | null
  /** The grant's cycle at the time. */
  readonly cycle: number
  /** The plan that the grant came from; null for a grant that stood alone. */
  readonly planId: string | null
  /** The feature or credit system that the grant is of. */
  readonly poolId: string
  /** In units of the pool; negative when units came back. */
  readonly amount: Amount
  /** Pool units per unit of the feature. */
  readonly cost: Amount
}

/** What happens when a balance is short: nothing moves, what fits moves, or all moves and the balance goes below zero. */
export type OverageBehavior = 'reject' | 'cap' | 'overflow'

/** How a hold ended. */
export type HoldOutcome = 'committed' | 'released' | 'expired'

/** Free-form facts about a use, as the caller gave them. */
export type Properties = Readonly<Record<string, unknown>>
