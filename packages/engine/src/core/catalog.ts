import type { Amount } from './amount.ts'
import type { Controls } from './controls.ts'
import type { Interval } from './period.ts'

/** What the engine knows of features and plans. Immutable: a change makes a new catalog. */
export interface Catalog {
  /** Grows by one with every change. */
  readonly version: number
  readonly features: ReadonlyMap<string, CatalogFeature>
  /** The newest version of each plan. */
  readonly plans: ReadonlyMap<string, CatalogPlan>
  /** For each metered feature, the credit systems that list it and what one unit costs there, in the order they were declared. */
  readonly poolsByFeature: ReadonlyMap<string, readonly PoolCost[]>
}

export interface PoolCost {
  readonly poolId: string
  /** Credits per unit. */
  readonly cost: Amount
}

export interface CatalogFeature {
  readonly id: string
  readonly name: string
  readonly type: 'boolean' | 'metered' | 'credit_system'
  /** False for allocated features such as seats, which are occupied rather than used up. */
  readonly consumable: boolean
  /** Names of events that count as one use of this feature. */
  readonly eventNames: readonly string[]
  /** For a credit system: what one unit of each feature costs, in declaration order. */
  readonly costs: readonly FeatureCost[]
  readonly display: { readonly singular: string; readonly plural: string } | null
  readonly archived: boolean
}

export interface FeatureCost {
  readonly featureId: string
  readonly cost: Amount
}

export interface CatalogPlan {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** A customer holds at most one plan of a group that is not an add-on. */
  readonly group: string
  readonly version: number
  readonly addOn: boolean
  readonly autoEnable: boolean
  readonly price: PlanPrice | null
  readonly trial: Trial | null
  readonly items: readonly PlanItem[]
  readonly controls: Controls
  readonly metadata: Readonly<Record<string, unknown>>
  readonly archived: boolean
  readonly createdAt: number
}

export interface PlanPrice {
  /** In major currency units, e.g. dollars. */
  readonly amount: number
  /** Null for a price paid once. */
  readonly interval: Interval | null
}

export interface Trial {
  readonly length: number
  readonly unit: 'day' | 'month' | 'year'
  readonly cardRequired: boolean
}

/** One feature's share in a plan. */
export interface PlanItem {
  /** Stable within the plan's version. */
  readonly id: string
  readonly featureId: string
  /** A boolean feature is granted; an unlimited one is counted but never short; an included one has a number. */
  readonly kind: 'granted' | 'unlimited' | 'included'
  readonly included: Amount
  /** Null: granted once and never again. */
  readonly interval: Interval | null
  /** The allocated feature for each of whose entities the item is granted once; null: once for the customer. */
  readonly perEntity: string | null
  readonly pooled: boolean
  readonly rollover: RolloverRule | null
  /** Use beyond what is included, paid later: null when there is none. */
  readonly overage: { readonly max: Amount | null } | null
  /** Bought ahead in packs of so many units: null when there is none. */
  readonly prepaid: { readonly billingUnits: Amount } | null
  /** The item's price as it was declared on the wire; the engine never charges it. */
  readonly price: Readonly<Record<string, unknown>> | null
}

export interface RolloverRule {
  /** The most that may be carried over in all; null: no cap. */
  readonly max: Amount | null
  /** The cap as a percentage of what is granted; null: no cap. */
  readonly maxPercentage: number | null
  /** How long carried units live after the cycle they come from; null: for ever. */
  readonly expiresAfterMonths: number | null
}

/** Builds a catalog and its index of pools. Costs of zero count as one, so that no feature is free by accident. */
export function createCatalog(version: number, features: Iterable<CatalogFeature>, plans: Iterable<CatalogPlan>): Catalog {
  const byId = new Map([...features].map((feature) => [feature.id, feature]))
  const pools = new Map<string, PoolCost[]>()
  for (const feature of byId.values()) {
    for (const { featureId, cost } of feature.costs) {
      pools.set(featureId, [...(pools.get(featureId) ?? []), { poolId: feature.id, cost }])
    }
  }
  return { version, features: byId, plans: new Map([...plans].map((plan) => [plan.id, plan])), poolsByFeature: pools }
}

/** The pools that pay for a feature. */
export function poolsOf(catalog: Catalog, featureId: string): readonly PoolCost[] {
  return catalog.poolsByFeature.get(featureId) ?? NO_POOLS
}

const NO_POOLS: readonly PoolCost[] = []
