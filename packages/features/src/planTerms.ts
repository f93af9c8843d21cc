import type { BillingIntervalUnit } from './interval.ts'
import type { ItemTerms } from './itemTerms.ts'

/** A plan as it is declared. */
export interface PlanTerms<TFeatureId extends string = string> {
  readonly name: string
  readonly description?: string
  /** A customer holds at most one plan of a group that is not an add-on. Default: the one group without a name. */
  readonly group?: string
  /** Stacks on other plans. Default false. */
  readonly addOn?: boolean
  /** Given to every new customer. Default false. */
  readonly autoEnable?: boolean
  /** Default: free. */
  readonly price?: PlanPriceTerms
  readonly trial?: TrialTerms
  /** What the plan has of each feature: `{ messages: included(20).per('month'), sso: granted() }`. */
  readonly items: { readonly [Id in TFeatureId]?: ItemTerms } & { readonly [id: string]: ItemTerms }
}

/** What a plan costs, as it is declared. */
export interface PlanPriceTerms {
  /** In major units of the currency: 20 is $20. */
  readonly amount: number
  readonly interval: BillingIntervalUnit | 'one_off'
}

/** A first stretch of a plan that costs nothing, as it is declared. */
export interface TrialTerms {
  readonly length: number
  readonly unit: 'day' | 'month' | 'year'
  /** Default false. */
  readonly cardRequired?: boolean
}
