import type { Amount } from './amount.ts'

/** Units set aside for a running call. It ends exactly once: committed, released or expired. */
export interface Hold {
  readonly id: string
  /** The logical call it belongs to; null: none was named. */
  readonly operation: OperationRef | null
  readonly entityId: string | null
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
