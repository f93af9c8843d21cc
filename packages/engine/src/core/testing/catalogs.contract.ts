import { amountOf } from '../amount.ts'
import { type Catalog, type CatalogFeature, type CatalogPlan, createCatalog, type PlanItem } from '../catalog.ts'
import { type Controls, NO_CONTROLS } from '../controls.ts'
import type { Interval, IntervalUnit } from '../period.ts'

/** A feature that is counted and used up. */
export function metered(id: string, more: Partial<CatalogFeature> = {}): CatalogFeature {
  return { id, name: id, type: 'metered', consumable: true, eventNames: [], costs: [], display: null, archived: false, ...more }
}

/** A feature that is counted and occupied: seats. */
export function allocated(id: string): CatalogFeature {
  return metered(id, { consumable: false })
}

/** A feature that is granted or not. */
export function flag(id: string): CatalogFeature {
  return metered(id, { type: 'boolean', consumable: false })
}

/** A pool, with what one unit of each feature costs. */
export function pool(id: string, costs: Readonly<Record<string, number>>): CatalogFeature {
  return metered(id, {
    type: 'credit_system',
    costs: Object.entries(costs).map(([featureId, cost]) => ({ featureId, cost: amountOf(cost) })),
  })
}

type Amounts = 'granted' | 'unlimited' | number

/** One feature's share in a plan; without an interval it is granted once. */
export function item(
  featureId: string,
  included: Amounts,
  per: IntervalUnit | Interval | null = null,
  more: Partial<PlanItem> = {},
): PlanItem {
  return {
    id: featureId,
    featureId,
    kind: typeof included === 'number' ? 'included' : included,
    included: typeof included === 'number' ? amountOf(included) : 0n,
    interval: typeof per === 'string' ? { unit: per, count: 1 } : per,
    perEntity: null,
    pooled: false,
    rollover: null,
    overage: null,
    prepaid: null,
    price: null,
    ...more,
  }
}

/** A free plan of the group `main`. */
export function plan(id: string, items: readonly PlanItem[], more: Partial<CatalogPlan> = {}): CatalogPlan {
  return {
    id,
    name: id,
    description: null,
    group: 'main',
    version: 1,
    addOn: false,
    autoEnable: false,
    price: null,
    trial: null,
    items,
    controls: NO_CONTROLS,
    metadata: {},
    archived: false,
    createdAt: 0,
    ...more,
  }
}

export function catalogOf(features: readonly CatalogFeature[], plans: readonly CatalogPlan[] = []): Catalog {
  return createCatalog(1, features, plans)
}

/** Usage beyond what is included, up to so many units; Infinity: without limit. */
export function overage(max: number): Pick<PlanItem, 'overage'> {
  return { overage: { max: Number.isFinite(max) ? amountOf(max) : null } }
}

/** Unused units are carried over: at most `max` in all (Infinity: no cap), for so many months (Infinity: for ever). */
export function rollover(max: number, months: number, maxPercentage: number | null = null): Pick<PlanItem, 'rollover'> {
  const expiresAfterMonths = Number.isFinite(months) ? months : null
  return { rollover: { max: Number.isFinite(max) ? amountOf(max) : null, maxPercentage, expiresAfterMonths } }
}

interface ControlsGiven {
  readonly overageAllowed?: Readonly<Record<string, boolean>>
  readonly spendLimits?: Readonly<Record<string, number>>
  readonly usageLimits?: Readonly<Record<string, readonly [limit: number, interval: 'day' | 'week' | 'month' | 'year']>>
}

/** Controls by feature id. Windows count in calendar days, weeks, months and years. */
export function controls({ overageAllowed = {}, spendLimits = {}, usageLimits = {} }: ControlsGiven): Controls {
  return {
    overageAllowed: Object.entries(overageAllowed).map(([featureId, enabled]) => ({ featureId, enabled })),
    spendLimits: Object.entries(spendLimits).map(([featureId, limit]) => ({
      featureId,
      enabled: true,
      kind: 'absolute',
      overageLimit: amountOf(limit),
    })),
    usageLimits: Object.entries(usageLimits).map(([featureId, [limit, interval]]) => ({
      featureId,
      enabled: true,
      limit: amountOf(limit),
      interval,
      anchor: 'utc',
      filter: null,
    })),
    other: {},
  }
}
