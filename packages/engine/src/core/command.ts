import type { Amount } from './amount.ts'
import type { Shortage } from './burnDown.ts'
import type { RolloverRule } from './catalog.ts'
import type { Controls } from './controls.ts'
import type { CustomerState, Entity, Subscription } from './customer.ts'
import type { CustomerFields, Settlement, Use } from './entry.ts'
import type { Grant } from './grant.ts'
import type { Hold, HoldOutcome, OperationRef, OverageBehavior, Properties } from './hold.ts'
import type { Interval } from './period.ts'

/** Units of one feature. */
export interface FeatureUnits {
  readonly featureId: string
  readonly units: Amount
}

/** An instant told from now on, for callers that do not know how far the customer's clock was moved. */
export interface After {
  readonly afterMs: number
}

/** May it be spent? Moves nothing. */
export interface Check {
  readonly kind: 'check'
  readonly items: readonly FeatureUnits[]
  readonly entityId: string | null
  readonly properties: Properties | null
}

/** Uses units at once. With several items each is spent by itself, unless `overage` is `reject`: then all or nothing. */
export interface Track {
  readonly kind: 'track'
  readonly items: readonly FeatureUnits[]
  readonly entityId: string | null
  readonly overage: OverageBehavior
  readonly eventName: string | null
  readonly properties: Properties | null
  readonly timestamp: number | null
}

/** Sets units aside for a running call: all items or none. */
export interface Reserve {
  readonly kind: 'reserve'
  readonly holdId: string
  readonly operation: OperationRef | null
  readonly items: readonly FeatureUnits[]
  readonly entityId: string | null
  /** `reject` by default; `cap` holds what fits, `overflow` holds all. A commit above the hold follows it too. */
  readonly overage: OverageBehavior
  /** When the hold ends by itself, in the customer's time. */
  readonly expiresAt: number | After
  readonly properties: Properties | null
}

/** Adds units to a hold: all items or none. */
export interface Extend {
  readonly kind: 'extend'
  readonly holdId: string
  readonly items: readonly FeatureUnits[]
  /** A later end for the hold; null keeps it. */
  readonly expiresAt: number | After | null
}

/** Ends a hold: its units are used. Features not named in `units` keep what was held. */
export interface Commit {
  readonly kind: 'commit'
  readonly holdId: string
  readonly units: readonly FeatureUnits[]
  /** What a commit above the hold may do; null: as the hold was taken. */
  readonly overage: OverageBehavior | null
  readonly properties: Properties | null
}

/** Ends a hold: its units go back to the grants they came from. */
export interface Release {
  readonly kind: 'release'
  readonly holdId: string
}

/** Gives back what an operation used, to the grants that paid for it. The caller sees to it that this happens once. */
export interface Refund {
  readonly kind: 'refund'
  readonly ofOperationId: string
  readonly uses: readonly Use[]
  /** When they were used, in the customer's time: usage limits whose window began later are not credited. Now, when it is not said. */
  readonly usedAt?: number
}

export interface UpdateCustomer {
  readonly kind: 'update_customer'
  readonly fields: Partial<CustomerFields>
}

export interface DeleteCustomer {
  readonly kind: 'delete_customer'
}

export interface MoveClock {
  readonly kind: 'move_clock'
  readonly offsetMs: number
}

export interface CreateEntity {
  readonly kind: 'create_entity'
  readonly entityId: string
  readonly name: string | null
  readonly featureId: string
}

export interface UpdateEntity {
  readonly kind: 'update_entity'
  readonly entityId: string
  readonly name?: string | null
  readonly controls?: Controls
}

export interface DeleteEntity {
  readonly kind: 'delete_entity'
  readonly entityId: string
}

/** Gives the customer a plan, at once. A plan of the same group that is not an add-on is replaced. */
export interface Attach {
  readonly kind: 'attach'
  readonly planId: string
  readonly entityId: string | null
  /** Total units of prepaid features, what the plan includes counted in. */
  readonly quantities: readonly FeatureUnits[]
  /** `once`: the plan's own trial, if it was never used; `none`: without; or one made for this customer. */
  readonly trial: 'once' | 'none' | { readonly length: number; readonly unit: 'day' | 'month' | 'year' }
}

/** Ends a plan: at once, or at the end of what is paid for; `uncancel` takes a pending end back. */
export interface Cancel {
  readonly kind: 'cancel'
  readonly planId: string
  readonly entityId: string | null
  readonly when: 'now' | 'period_end' | 'uncancel'
}

export interface CreateBalance {
  readonly kind: 'create_balance'
  readonly featureId: string
  readonly entityId: string | null
  readonly balanceId: string | null
  readonly included: Amount
  readonly unlimited: boolean
  readonly interval: Interval | null
  readonly nextResetAt: number | null
  readonly expiresAt: number | null
  readonly rollover: RolloverRule | null
}

/** Corrects a balance by hand. Of `remaining`, `used` and `add` at most one is given. */
export interface UpdateBalance {
  readonly kind: 'update_balance'
  readonly featureId: string
  readonly entityId: string | null
  readonly balanceId: string | null
  readonly interval: Interval['unit'] | 'one_off' | null
  readonly remaining?: Amount
  readonly used?: Amount
  readonly add?: Amount
  readonly included?: Amount
  readonly nextResetAt?: number
  readonly expiresAt?: number | null
}

export interface DeleteBalance {
  readonly kind: 'delete_balance'
  readonly featureId: string
  readonly entityId: string | null
  readonly balanceId: string | null
}

/** Makes sure the customer exists; creating it is left to the envelope. */
export interface Touch {
  readonly kind: 'touch'
}

export type Command =
  | Check
  | Track
  | Reserve
  | Extend
  | Commit
  | Release
  | Refund
  | UpdateCustomer
  | DeleteCustomer
  | MoveClock
  | CreateEntity
  | UpdateEntity
  | DeleteEntity
  | Attach
  | Cancel
  | CreateBalance
  | UpdateBalance
  | DeleteBalance
  | Touch

/** What a command answers, by its kind. Every answer carries the customer as it stands afterwards. */
export interface Answers {
  readonly check: Admission
  readonly track: Done & { readonly uses: readonly Use[] }
  readonly reserve: Done & { readonly hold: Hold }
  readonly extend: Done & { readonly hold: Hold }
  readonly commit: Done & { readonly settlement: Settlement }
  readonly release: Done & { readonly settlement: Settlement }
  readonly refund: Done & { readonly uses: readonly Use[] }
  readonly update_customer: Done
  readonly delete_customer: Done
  readonly move_clock: Done
  readonly create_entity: Done & { readonly entity: Entity }
  readonly update_entity: Done & { readonly entity: Entity }
  readonly delete_entity: Done
  readonly attach: Done & { readonly subscription: Subscription; readonly replaced: Subscription | null }
  readonly cancel: Done & { readonly subscription: Subscription }
  readonly create_balance: Done & { readonly grant: Grant }
  readonly update_balance: Done
  readonly delete_balance: Done
  readonly touch: Done
}

export type AnswerTo<TCommand extends Command> = Answers[TCommand['kind']] | Refusal

export interface Done {
  readonly ok: true
  readonly customer: CustomerState
}

export interface Admission {
  readonly ok: true
  readonly customer: CustomerState
  readonly allowed: boolean
  /** What was short, in the order asked; empty when allowed. */
  readonly shortages: readonly Shortfall[]
}

/** Why one feature was refused. */
export interface Shortfall {
  readonly featureId: string
  readonly reason: 'feature_not_in_plan' | Shortage
  readonly required: Amount
}

/** What the ledger remembers of an operation id. */
export interface Operation {
  readonly id: string
  readonly customerId: string
  readonly fingerprint: string
  readonly status: 'running' | 'done' | 'released'
  /** The hold of a running call; null for a use at once. */
  readonly holdId: string | null
  /** The entry that recorded the use; null until it is done. */
  readonly seq: number | null
  /** What the caller stored to be answered again: text, opaque to the engine. */
  readonly result: string | null
  /** Real time, in ms since the epoch. */
  readonly at: number
  /** Real time after which the id may be forgotten. */
  readonly expiresAt: number
}

/** Why a command did nothing. A refusal changes no balance. */
export type Refusal = { readonly ok: false; readonly customer: CustomerState | null } & (
  | { readonly code: 'short'; readonly shortages: readonly Shortfall[] }
  | { readonly code: 'customer_not_found'; readonly customerId: string }
  | { readonly code: 'entity_not_found'; readonly entityId: string }
  | { readonly code: 'entity_exists'; readonly entityId: string }
  | { readonly code: 'feature_not_found'; readonly featureId: string }
  | { readonly code: 'feature_not_counted'; readonly featureId: string }
  | { readonly code: 'feature_not_holdable'; readonly featureId: string }
  | { readonly code: 'plan_not_found'; readonly planId: string }
  | { readonly code: 'plan_already_attached'; readonly planId: string }
  | { readonly code: 'plan_not_attached'; readonly planId: string }
  | { readonly code: 'hold_exists'; readonly holdId: string }
  | { readonly code: 'hold_not_found'; readonly holdId: string; readonly became: HoldOutcome | null }
  | { readonly code: 'balance_not_found'; readonly featureId: string }
  | { readonly code: 'balance_exists'; readonly balanceId: string }
  /** The operation id was used before: with another input, by a call that still runs, or by one that is done. */
  | { readonly code: 'operation_conflict' | 'operation_running' | 'operation_done'; readonly operation: Operation }
)
