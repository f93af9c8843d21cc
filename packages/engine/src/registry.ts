import type { PlanItem as DeclaredItem, Feature, Features, IncludedItem, Plan, Plans, Rollover } from '@tollgate/features'
import { amountOf } from './core/amount.ts'
import { type Catalog, type CatalogFeature, type CatalogPlan, createCatalog, type PlanItem, type RolloverRule } from './core/catalog.ts'
import { NO_CONTROLS } from './core/controls.ts'

/**
 * Lays a registry over a saved catalog: what the code declares wins, what it does not know stays.
 *
 * A plan whose declaration has changed becomes a new version of itself; customers keep the version they hold.
 */
export function catalogOf(features: Features, plans: Plans, saved: Catalog | null, now: number): Catalog {
  const allFeatures = new Map(saved?.features)
  for (const [id, feature] of Object.entries(features)) allFeatures.set(id, catalogFeature(id, feature))
  const allPlans = new Map(saved?.plans)
  for (const plan of Object.values(plans)) allPlans.set(plan.id, versioned(catalogPlan(plan, now), saved?.plans.get(plan.id)))
  const next = createCatalog((saved?.version ?? 0) + 1, allFeatures.values(), allPlans.values())
  return saved !== null && isSame(saved, next) ? saved : next
}

function catalogFeature(id: string, feature: Feature): CatalogFeature {
  return {
    id,
    name: feature.name ?? titleOf(id),
    type: feature.type,
    consumable: feature.type === 'metered' ? feature.consumable : feature.type === 'credit_system',
    eventNames: feature.type === 'metered' ? (feature.eventNames ?? []) : [],
    costs:
      feature.type === 'credit_system'
        ? Object.entries(feature.costs).map(([featureId, cost]) => ({ featureId, cost: amountOf(cost) }))
        : [],
    display: feature.type === 'metered' ? (feature.display ?? null) : null,
    archived: false,
  }
}

function catalogPlan(plan: Plan, now: number): CatalogPlan {
  const { id, name, description, group, addOn, autoEnable, price, trial } = plan
  const items = plan.items.map(catalogItem)
  return {
    id,
    name,
    description,
    group,
    version: 1,
    addOn,
    autoEnable,
    price,
    trial,
    items,
    controls: NO_CONTROLS,
    metadata: {},
    archived: false,
    createdAt: now,
  }
}

function catalogItem(item: DeclaredItem): PlanItem {
  const { featureId } = item
  const base: PlanItem = {
    id: featureId,
    featureId,
    kind: item.kind,
    included: 0n,
    interval: null,
    perEntity: null,
    pooled: false,
    rollover: null,
    overage: null,
    prepaid: null,
    price: null,
  }
  return item.kind === 'included' ? { ...base, ...includedTerms(item) } : base
}

function includedTerms(item: IncludedItem): Partial<PlanItem> {
  const { overage, prepaid } = item
  const price = overage?.price ?? prepaid
  return {
    included: amountOf(item.included),
    interval: item.interval,
    perEntity: item.perEntity,
    rollover: item.rollover && rolloverRule(item.rollover),
    overage: overage && { max: overage.max === 'unlimited' ? null : amountOf(overage.max) },
    prepaid: prepaid && { billingUnits: amountOf(prepaid.billingUnits) },
    price: price
      ? {
          amount: price.amount,
          billing_units: price.billingUnits,
          interval: price.interval?.unit ?? 'one_off',
          billing_method: overage ? 'usage_based' : 'prepaid',
        }
      : null,
  }
}

function rolloverRule({ cap, months }: Rollover): RolloverRule {
  return {
    max: cap.kind === 'units' ? amountOf(cap.units) : null,
    maxPercentage: cap.kind === 'percentage' ? cap.percentage : null,
    expiresAfterMonths: months === 'forever' ? null : months,
  }
}

function versioned(declared: CatalogPlan, saved: CatalogPlan | undefined): CatalogPlan {
  if (saved === undefined) return declared
  const kept = { ...declared, version: saved.version, createdAt: saved.createdAt }
  return textOf(kept) === textOf(saved) ? saved : { ...kept, version: saved.version + 1 }
}

function isSame(a: Catalog, b: Catalog): boolean {
  return textOf([...a.features], [...a.plans]) === textOf([...b.features], [...b.plans])
}

/** Text by which two declarations are compared, amounts included. */
function textOf(...values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

function titleOf(id: string): string {
  const words = id.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
