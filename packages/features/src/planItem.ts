import type { BillingInterval, Interval } from './interval.ts'

/** What happens at a reset to units that were not used. */
export interface Rollover {
  /** How much is kept at most, over all earlier periods together. */
  readonly cap:
    | { readonly kind: 'none' }
    | { readonly kind: 'units'; readonly units: number }
    | { readonly kind: 'percentage'; readonly percentage: number }
  /** Calendar months after which what was kept expires. */
  readonly months: number | 'forever'
}

/** A price per group of units; a group that was begun is paid in full. */
export interface UnitPrice {
  /** In major units of the currency: 20 is $20. */
  readonly amount: number
  /** Units per group, from 1. */
  readonly billingUnits: number
  /** How often it is billed; null is once. */
  readonly interval: BillingInterval | null
}

/** Leave to use more than what is there. */
export interface Overage {
  /** Null: what goes over is not billed. */
  readonly price: UnitPrice | null
  /** Units beyond the included and prepaid ones, per reset period. */
  readonly max: number | 'unlimited'
}

/** A boolean feature that the plan grants. */
export interface GrantedItem<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly kind: 'granted'
}

/** Any number of units. */
export interface UnlimitedItem<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly kind: 'unlimited'
}

/** A number of units, and how they come back, are kept, and are paid for. */
export interface IncludedItem<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly kind: 'included'
  readonly included: number
  /** Null: granted once. */
  readonly interval: Interval | null
  /** Null: what was not used is gone at the reset. */
  readonly rollover: Rollover | null
  /** The allocated feature for each entity of which the units are granted anew; null: once for the customer. */
  readonly perEntity: TFeatureId | null
  /** Null: a call that needs more than what is left is denied. */
  readonly overage: Overage | null
  /** Null: no units can be bought ahead. */
  readonly prepaid: UnitPrice | null
}

/** One feature's share in a plan. */
export type PlanItem<TFeatureId extends string = string> = GrantedItem<TFeatureId> | UnlimitedItem<TFeatureId> | IncludedItem<TFeatureId>
