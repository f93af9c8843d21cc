import type { Features } from './feature.ts'
import type { FeatureId } from './featureId.ts'
import type { BillingInterval } from './interval.ts'
import type { PlanItem } from './planItem.ts'

/** What a plan costs, before any usage. */
export interface PlanPrice {
  /** In major units of the currency: 20 is $20. */
  readonly amount: number
  /** Null: paid once. */
  readonly interval: BillingInterval | null
}

/** A first stretch of a plan that costs nothing; each customer gets it once per plan. */
export interface Trial {
  readonly length: number
  readonly unit: 'day' | 'month' | 'year'
  readonly cardRequired: boolean
}

/** A named bundle of features, as plain data with every default filled in. */
export interface Plan<TFeatureId extends string = string> {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** A customer holds at most one plan of a group that is not an add-on; the default group is `''`. */
  readonly group: string
  /** Stacks on other plans, and on itself. */
  readonly addOn: boolean
  /** Given to every customer on creation, and again when a paid plan of its group ends. */
  readonly autoEnable: boolean
  /** Null: free. */
  readonly price: PlanPrice | null
  readonly trial: Trial | null
  /** At most one per feature, in the order of the declaration. */
  readonly items: readonly PlanItem<TFeatureId>[]
}

/** Plans by id: what `definePlans` gives back. */
export type Plans<TFeatures extends Features = Features, TPlanId extends string = string> = {
  readonly [Id in TPlanId]: Plan<FeatureId<TFeatures>> & { readonly id: Id }
}

/** The ids of a catalog: `PlanId<typeof plans>`. */
export type PlanId<TPlans extends Plans> = keyof TPlans & string
