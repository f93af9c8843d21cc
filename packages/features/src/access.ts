/** What a customer has of one boolean feature. */
export interface BooleanAccess<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly type: 'boolean'
  readonly granted: boolean
}

/** What a customer has of one metered feature or pool, over all its grants; in its own units. */
export interface BalanceAccess<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly type: 'metered' | 'credit_system'
  readonly granted: number
  readonly used: number
  /** Set aside for calls that are running. */
  readonly held: number
  /** What a call may still take; never below zero. */
  readonly remaining: number
  /** True: `granted`, `remaining` and `overageLeft` say nothing. */
  readonly unlimited: boolean
  /** What may be used beyond `remaining`, on a plan that allows more; 0 when it does not. */
  readonly overageLeft: number | 'unlimited'
  /** What a cap on the usage of a stretch of time, a day or a month, still lets through, whatever is left. */
  readonly usageLimitLeft: number | 'unlimited'
  /** The earliest reset of its grants, in milliseconds since the epoch; null when none resets. */
  readonly resetsAt: number | null
}

/** What a customer has of one feature. */
export type FeatureAccess<TFeatureId extends string = string> = BooleanAccess<TFeatureId> | BalanceAccess<TFeatureId>

/** How a customer holds a plan; plans that have ended are not listed. */
export type PlanStatus = 'active' | 'trialing' | 'past_due' | 'scheduled'

/** A plan that a customer holds. Times are milliseconds since the epoch. */
export interface PlanAccess {
  readonly planId: string
  readonly status: PlanStatus
  readonly startsAt: number
  readonly trialEndsAt: number | null
  /** Null: it goes on until it is changed. */
  readonly endsAt: number | null
}

/** All that the client reads about a customer, in one value that is plain JSON. */
export interface CustomerAccess<TFeatureId extends string = string> {
  readonly customerId: string
  /** The entity for which the balances are; null: the customer as a whole. */
  readonly entityId: string | null
  /** Grows with every change of the customer: of two values the one with the higher version is newer. */
  readonly version: number
  /** When it was read, in milliseconds since the epoch, on the customer's clock. */
  readonly at: number
  /** The features that the customer has; a missing one is not in any of the plans. */
  readonly features: { readonly [Id in TFeatureId]?: FeatureAccess<Id> }
  readonly plans: readonly PlanAccess[]
}
