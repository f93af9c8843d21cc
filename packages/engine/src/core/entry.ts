import type { Amount } from './amount.ts'
import type { Controls, UsageWindow } from './controls.ts'
import type { CustomerState, Entity, Subscription } from './customer.ts'
import type { Grant, Rollover } from './grant.ts'
import type { Hold, HoldItem, HoldOutcome, Payment, Properties } from './hold.ts'

/** An immutable record of what one command changed for one customer. The balances are a fold of the entries. */
export interface Entry {
  readonly customerId: string
  /** Counts the customer's entries from 1 without gaps. */
  readonly seq: number
  /** The customer's time, in ms since the epoch. */
  readonly at: number
  readonly operationId: string | null
  readonly changes: readonly Change[]
}

/** What changed. A change carries all that its fold needs: folding never looks at a catalog or a clock. */
export type Change =
  | { readonly kind: 'customer_created'; readonly customer: NewCustomer }
  | { readonly kind: 'customer_updated'; readonly fields: Partial<CustomerFields> }
  | { readonly kind: 'customer_deleted' }
  | { readonly kind: 'clock_moved'; readonly offsetMs: number }
  | { readonly kind: 'entity_created'; readonly entity: Entity }
  | { readonly kind: 'entity_updated'; readonly entity: Entity }
  | { readonly kind: 'entity_deleted'; readonly entityId: string }
  | { readonly kind: 'plan_started'; readonly subscription: Subscription }
  | { readonly kind: 'plan_changed'; readonly subscription: Subscription }
  | { readonly kind: 'plan_ended'; readonly subscriptionId: string; readonly planId: string }
  | { readonly kind: 'granted'; readonly grant: Grant }
  /** `expired` is what the ended cycle left unused and nobody carried over. */
  | {
      readonly kind: 'reset'
      readonly grantId: string
      readonly granted: Amount
      readonly nextResetAt: number | null
      readonly rollovers: readonly Rollover[]
      readonly expired: Amount
    }
  | { readonly kind: 'rollover_expired'; readonly grantId: string; readonly rolloverId: string; readonly expired: Amount }
  | { readonly kind: 'closed'; readonly grantId: string; readonly reason: 'plan_ended' | 'expired' | 'deleted'; readonly expired: Amount }
  /** The grant after a correction by hand. */
  | { readonly kind: 'adjusted'; readonly grant: Grant }
  | { readonly kind: 'used'; readonly use: Use }
  | { readonly kind: 'held'; readonly hold: Hold }
  /** More units for a hold that exists: `items` are the additions. */
  | { readonly kind: 'hold_extended'; readonly holdId: string; readonly items: readonly HoldItem[]; readonly expiresAt: number }
  | { readonly kind: 'settled'; readonly settlement: Settlement }
  | { readonly kind: 'refunded'; readonly use: Use; readonly ofOperationId: string }
  | { readonly kind: 'window_counted'; readonly window: UsageWindow }

/** Units of one feature that were used, and which grants paid. */
export interface Use {
  readonly featureId: string
  readonly entityId: string | null
  /** The units the caller named; more than was paid for when a cap dropped the rest. Negative when units came back. */
  readonly units: Amount
  readonly payments: readonly Payment[]
  readonly eventName: string | null
  readonly properties: Properties | null
  /** When it happened, if the caller said so; it does not move between cycles. */
  readonly timestamp: number | null
}

/** How a hold ended: every payment of the hold is either kept (now used) or returned. */
export interface Settlement {
  readonly holdId: string
  readonly outcome: HoldOutcome
  readonly entityId: string | null
  readonly items: readonly SettledItem[]
  readonly properties: Properties | null
}

export interface SettledItem {
  readonly featureId: string
  /** Units that were held. */
  readonly held: Amount
  /** Units that the call really used. */
  readonly units: Amount
  /** Held payments that became use. */
  readonly kept: readonly Payment[]
  /** Held payments that went back to their grants. */
  readonly returned: readonly Payment[]
  /** Payments beyond the hold, or units given back to grants that replaced a vanished one. */
  readonly extra: readonly Payment[]
}

export type CustomerFields = Pick<CustomerState, 'name' | 'email' | 'fingerprint' | 'metadata' | 'sendEmailReceipts' | 'controls'>
export type NewCustomer = CustomerFields & Pick<CustomerState, 'id' | 'createdAt' | 'clockOffsetMs'> & { readonly controls: Controls }
