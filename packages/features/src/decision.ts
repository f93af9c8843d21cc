/** Why a call can be refused: the reasons that come from a balance, then those for which none was read. New ones go to the end of their part. */
export const denialReasons = [
  /** No plan of the customer includes the feature, nor a pool that pays for it. */
  'feature_not_in_plan',
  /** What is left, over all balances that may pay, is less than what the call needs. */
  'limit_reached',
  /** A cap on the usage of a stretch of time would be passed, whatever is left. */
  'usage_limit_reached',
  /** A cap on what may be spent beyond the included units would be passed. */
  'spend_limit_reached',
  /** The backend could not answer, and the policy for that is to deny: nothing is known about the balance. */
  'outage',
  /** The operation id was used before, with another input. */
  'operation_conflict',
  /** The same operation is still running, and did not end in the time that a repeat waits. */
  'operation_in_progress',
  /** The operation is done, and its answer was too large to be kept for a repeat. */
  'answer_too_large',
  /** The operation is done, and its answer was a stream, which is not kept for a repeat. */
  'answer_streamed',
  /** The entity that the call names does not exist. */
  'entity_not_found',
] as const

/** Why a call was refused. */
export type DenialReason = (typeof denialReasons)[number]

/** The reasons that come from a balance; the others say that none was read. */
export type BalanceReason = 'feature_not_in_plan' | 'limit_reached' | 'usage_limit_reached' | 'spend_limit_reached'

/** One feature that was short. */
export interface Shortage<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  /** The feature or pool whose balance ran short; null when the customer has neither. */
  readonly poolId: TFeatureId | null
  /** What the call asked of that balance, in its own units: credits when it is a pool. */
  readonly required: number
  /** What that balance has left, in its own units. */
  readonly remaining: number
  /** When that balance resets, in milliseconds since the epoch; null when it does not. */
  readonly resetsAt: number | null
}

/** A plan named to people. */
export interface NamedPlan {
  readonly planId: string
  readonly name: string
}

/** A refusal that comes from a balance. */
export interface BalanceDenial<TFeatureId extends string = string> extends Shortage<TFeatureId> {
  readonly reason: BalanceReason
  /** Every feature that was short, this one first: more than one when the call asked for several. */
  readonly shortages: readonly Shortage<TFeatureId>[]
  /** The plans with which the same call would be allowed. */
  readonly unlockedBy: readonly NamedPlan[]
  /** One sentence for people. */
  readonly message: string
}

/** A refusal before any balance was read. */
export interface UnreadDenial<TFeatureId extends string = string> {
  readonly reason: Exclude<DenialReason, BalanceReason>
  readonly featureId: TFeatureId
  readonly poolId: null
  /** What the call asked for, in units of the feature. */
  readonly required: number
  /** Unknown. */
  readonly remaining: null
  readonly resetsAt: null
  readonly shortages: readonly []
  readonly unlockedBy: readonly []
  /** One sentence for people. */
  readonly message: string
}

/** What a refused caller is told; plain data, the same on the server, on the wire and in the browser. */
export type Denial<TFeatureId extends string = string> = BalanceDenial<TFeatureId> | UnreadDenial<TFeatureId>

/** One balance's part in paying for units. */
export interface Payer<TFeatureId extends string = string> {
  /** The feature or pool whose balance pays. */
  readonly poolId: TFeatureId
  /** Units of the feature that it covers. */
  readonly units: number
  /** What it pays for them, in its own units: credits when it is a pool. */
  readonly amount: number
}

/** Who would pay for one feature of a call. */
export interface AllowedItem<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly units: number
  readonly payers: readonly Payer<TFeatureId>[]
}

/** The answer to a check. */
export type Decision<TFeatureId extends string = string> =
  | { readonly allowed: true; readonly items: readonly AllowedItem<TFeatureId>[] }
  | { readonly allowed: false; readonly denial: Denial<TFeatureId> }
