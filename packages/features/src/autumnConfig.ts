import type { BillingIntervalUnit, IntervalUnit } from './interval.ts'

/** What an `autumn.config.ts` may export as its default. */
export interface AutumnConfig {
  readonly features: readonly AutumnFeature[]
  readonly plans: readonly AutumnPlan[]
}

/** A feature in Autumn's words. */
export type AutumnFeature =
  | { readonly id: string; readonly name: string; readonly type: 'boolean' }
  | {
      readonly id: string
      readonly name: string
      readonly type: 'metered'
      readonly consumable: boolean
      readonly eventNames?: readonly string[]
    }
  | { readonly id: string; readonly name: string; readonly type: 'credit_system'; readonly creditSchema: readonly AutumnCreditCost[] }

/** Credits per unit of a feature. */
export interface AutumnCreditCost {
  readonly meteredFeatureId: string
  readonly creditCost: number
}

/** A plan in Autumn's words. */
export interface AutumnPlan {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly group?: string
  readonly addOn: boolean
  readonly autoEnable: boolean
  readonly price?: { readonly amount: number; readonly interval: BillingIntervalUnit | 'one_off' }
  readonly items: readonly AutumnItem[]
  readonly freeTrial?: { readonly durationLength: number; readonly durationType: 'day' | 'month' | 'year'; readonly cardRequired: boolean }
  readonly billingControls?: AutumnBillingControls
}

/** A plan item in Autumn's words. */
export interface AutumnItem {
  readonly featureId: string
  readonly included?: number
  readonly unlimited?: true
  readonly reset?: AutumnInterval<IntervalUnit>
  readonly price?: AutumnPrice
  readonly rollover?: AutumnRollover
  readonly entityFeatureId?: string
}

/** A span that repeats; `intervalCount` is 1 where it is missing. */
export interface AutumnInterval<TUnit extends string> {
  readonly interval: TUnit | 'one_off'
  readonly intervalCount?: number
}

/** What units cost. */
export interface AutumnPrice extends AutumnInterval<BillingIntervalUnit> {
  readonly amount: number
  readonly billingUnits: number
  readonly billingMethod: 'prepaid' | 'usage_based'
  readonly maxPurchase?: number
}

/** What happens at a reset to units that were not used. */
export interface AutumnRollover {
  readonly max?: number
  readonly maxPercentage?: number
  readonly expiryDurationType: 'month' | 'forever'
  readonly expiryDurationLength?: number
}

/** Autumn's controls keep the names that they have on the wire. */
export interface AutumnBillingControls {
  readonly overage_allowed: readonly { readonly feature_id: string; readonly enabled: true }[]
  readonly spend_limits?: readonly {
    readonly feature_id: string
    readonly enabled: true
    readonly limit_type: 'absolute'
    readonly overage_limit: number
  }[]
}
