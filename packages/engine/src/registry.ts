import {
  type PlanItem as DeclaredItem,
  type Feature,
  type Features,
  featureName,
  type Plan,
  type Plans,
  type Rollover,
  type UnitPrice,
} from '@tollgate/features'
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
  for (const [id, feature] of Object.entries(features)) allFeatures.set(id, catalogFeature(id, feature, featureName(features, id)))
  const allPlans = new Map(saved?.plans)
  for (const plan of Object.values(plans)) allPlans.set(plan.id, versioned(catalogPlan(plan, now), saved?.plans.get(plan.id)))
  const next = createCatalog((saved?.version ?? 0) + 1, allFeatures.values(), allPlans.values())
  return saved !== null && isSame(saved, next) ? saved : next
}

function catalogFeature(id: string, feature: Feature, name: string): CatalogFeature {
  return {
    id,
    name,
    type: feature.type,
    consumable: feature.type === 'metered' ? feature.consumable : feature.type === 'credit_system',
    eventNames: feature.type === 'metered' ? (feature.eventNames ?? []) : [],
    costs:
      feature.type === 'credit_system'
        ? Object.entries(feature.costs).map(([featureId, cost]) => ({ featureId, cost: amountOf(cost) }))
        : [],
    display: feature.type === 'boolean' ? null : (feature.display ?? null),
    archived: false,
  }
}

function catalogPlan(plan: Plan, now: number): CatalogPlan {
  const { id, name, description, group, addOn, autoEnable, price, trial } = plan
  const items = plan.items.flatMap(catalogItems)
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

/** A declared item as the engine keeps it. One with both prepaid and later-paid units becomes two, since each has a price of its own. */
function catalogItems(item: DeclaredItem): readonly PlanItem[] {
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
  if (item.kind !== 'included') return [base]
  const { interval, perEntity, overage, prepaid } = item
  const included = amountOf(item.included)
  const rollover = item.rollover && rolloverRule(item.rollover)
  const overageTerms: Partial<PlanItem> = overage
    ? {
        overage: { max: overage.max === 'unlimited' ? null : amountOf(overage.max) },
        price: overage.price && {
          ...itemPrice(overage.price, 'usage_based'),
          max_purchase: overage.max === 'unlimited' ? null : overage.max,
        },
      }
    : {}
  const own: PlanItem = { ...base, included, interval, perEntity, rollover }
  if (prepaid === null) return [{ ...own, ...overageTerms }]
  const bought: PlanItem = { ...own, prepaid: { billingUnits: amountOf(prepaid.billingUnits) }, price: itemPrice(prepaid, 'prepaid') }
  return overage ? [bought, { ...base, id: `${featureId}:overage`, interval, perEntity, ...overageTerms }] : [bought]
}

function itemPrice(price: UnitPrice, billing: 'prepaid' | 'usage_based'): Readonly<Record<string, unknown>> {
  return {
    amount: price.amount,
    interval: price.interval?.unit ?? 'one_off',
    ...(price.interval && price.interval.count > 1 ? { interval_count: price.interval.count } : {}),
    billing_units: price.billingUnits,
    billing_method: billing,
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
