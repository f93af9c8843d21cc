import { unitsOf } from '../../core/amount.ts'
import type { Catalog, CatalogPlan, PlanItem } from '../../core/catalog.ts'
import { displayOf, renderOldFeature } from './feature.ts'
import { itemText, renderTrial, sortedItems } from './plan.ts'
import type { Environment } from './view.ts'

export interface ProductStyle {
  /** Lists show a feature's names only where somebody gave them; elsewhere the feature's own name stands in. */
  readonly featureNames: 'given' | 'always'
  /** Whether the first item says how often it comes. */
  readonly firstItemSaysHowOften: boolean
}

/** A plan as API 1.x knows it, by the name of product. */
export function renderProduct(catalog: Catalog, plan: CatalogPlan, env: Environment, style: ProductStyle): object {
  return {
    id: plan.id,
    name: plan.name,
    group: plan.group,
    env,
    is_add_on: plan.addOn,
    is_default: plan.autoEnable,
    archived: plan.archived,
    version: plan.version,
    created_at: plan.createdAt,
    items: renderProductItems(catalog, plan, style),
    free_trial: plan.trial ? renderTrial(plan.trial) : null,
    base_variant_id: null,
    billing_controls: {},
    properties: {
      is_free: isFree(plan),
      is_one_off: plan.price !== null && plan.price.interval === null,
      has_trial: plan.trial !== null,
      updateable: plan.items.some((item) => item.prepaid !== null),
    },
  }
}

export function renderProductItems(catalog: Catalog, plan: CatalogPlan, style: ProductStyle): readonly object[] {
  const price = plan.price
    ? [{ type: 'price', feature_id: null, price: plan.price.amount, interval: plan.price.interval?.unit ?? null }]
    : []
  return [...price, ...sortedItems(plan).map((item, index) => renderItem(catalog, item, { ...style, isFirst: index === 0 }))]
}

function isFree(plan: CatalogPlan): boolean {
  return plan.price === null && plan.items.every((item) => item.price === null)
}

function renderItem(catalog: Catalog, item: PlanItem, style: ProductStyle & { readonly isFirst: boolean }): object {
  const feature = catalog.features.get(item.featureId)
  const isCounted = item.kind !== 'granted'
  const isConsumable = feature?.consumable ?? true
  return {
    type: item.price ? 'priced_feature' : 'feature',
    feature_id: item.featureId,
    feature_type: isCounted ? (isConsumable ? 'single_use' : 'continuous_use') : 'static',
    ...(feature ? { feature: renderOldFeature(feature, style.featureNames === 'given' ? feature.display : displayOf(feature)) } : {}),
    included_usage: item.kind === 'unlimited' ? 'inf' : unitsOf(item.included),
    interval: item.interval?.unit ?? null,
    interval_count: item.interval?.count ?? 1,
    ...(item.price ? renderPrice(item.price, item) : {}),
    reset_usage_when_enabled: isCounted && isConsumable,
    entity_feature_id: item.perEntity,
    display: {
      primary_text: itemText(catalog, item),
      ...(style.isFirst && style.firstItemSaysHowOften && isCounted ? { secondary_text: howOften(item) } : {}),
    },
  }
}

function renderPrice(price: Readonly<Record<string, unknown>>, item: PlanItem): object {
  const limit = item.overage?.max
  return {
    ...(price['amount'] === undefined ? {} : { price: price['amount'] }),
    ...(price['tiers'] === undefined ? {} : { tiers: price['tiers'] }),
    billing_units: price['billing_units'] ?? 1,
    usage_model: price['billing_method'] === 'prepaid' ? 'prepaid' : 'pay_per_use',
    ...(limit == null ? {} : { usage_limit: unitsOf(limit + item.included) }),
  }
}

function howOften({ interval }: PlanItem): string {
  if (interval === null) return 'one-off'
  return interval.count === 1 ? `per ${interval.unit}` : `per ${interval.count} ${interval.unit}s`
}
