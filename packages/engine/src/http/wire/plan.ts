import { unitsOf } from '../../core/amount.ts'
import type { Catalog, CatalogPlan, PlanItem } from '../../core/catalog.ts'
import { renderInterval, renderReset } from './balance.ts'
import { renderControls } from './controls.ts'
import type { Environment } from './view.ts'

/** A plan as API 2.0 and later know it. */
export function renderPlan(catalog: Catalog, plan: CatalogPlan, env: Environment): object {
  return {
    id: plan.id,
    name: plan.name,
    description: plan.description,
    group: plan.group,
    version: plan.version,
    add_on: plan.addOn,
    auto_enable: plan.autoEnable,
    default: plan.autoEnable,
    price: plan.price ? { amount: plan.price.amount, ...renderBilling(plan.price.interval) } : null,
    items: sortedItems(plan).map((item) => renderItem(catalog, item)),
    ...(plan.trial ? { free_trial: renderTrial(plan.trial) } : {}),
    created_at: plan.createdAt,
    env,
    archived: plan.archived,
    config: { ignore_past_due: false },
    billing_controls: renderControls(plan.controls),
    metadata: plan.metadata,
    base_variant_id: null,
  }
}

/** Plans as lists show them: group by group, the newest first. */
export function sortedPlans(plans: Iterable<CatalogPlan>): readonly CatalogPlan[] {
  return [...plans].sort((a, b) => compareText(a.group, b.group) || b.createdAt - a.createdAt)
}

export function sortedItems(plan: CatalogPlan): readonly PlanItem[] {
  return [...plan.items].sort((a, b) => compareText(a.featureId, b.featureId))
}

export function renderTrial(trial: NonNullable<CatalogPlan['trial']>): object {
  return { duration_length: trial.length, duration_type: trial.unit, card_required: trial.cardRequired }
}

export function renderBilling(interval: PlanItem['interval']): { readonly interval: string; readonly interval_count?: number } {
  return interval === null ? { interval: 'one_off' } : renderInterval(interval)
}

/** What an item says to people: `20 Credits`, `Unlimited Tokens`, `Premium support`. */
export function itemText(catalog: Catalog, item: PlanItem): string {
  const name = catalog.features.get(item.featureId)?.name ?? item.featureId
  if (item.kind === 'granted') return name
  return item.kind === 'unlimited' ? `Unlimited ${name}` : `${unitsOf(item.included)} ${name}`
}

function renderItem(catalog: Catalog, item: PlanItem): object {
  const isConsumable = catalog.features.get(item.featureId)?.consumable ?? true
  const reset = item.kind === 'granted' ? null : renderReset(item.interval, null, isConsumable)
  return {
    feature_id: item.featureId,
    included: unitsOf(item.included),
    unlimited: item.kind === 'unlimited',
    pooled: item.pooled,
    reset: reset && withoutInstant(reset),
    price: item.price ? { ...item.price, max_purchase: item.overage?.max == null ? null : unitsOf(item.overage.max) } : null,
    ...(item.rollover ? { rollover: renderRollover(item.rollover) } : {}),
    ...(item.perEntity ? { entity_feature_id: item.perEntity } : {}),
    display: { primary_text: itemText(catalog, item) },
    entitlement_id: item.id,
  }
}

function withoutInstant({ interval, interval_count }: { readonly interval: string; readonly interval_count?: number }): object {
  return interval_count === undefined ? { interval } : { interval, interval_count }
}

function renderRollover(rollover: NonNullable<PlanItem['rollover']>): object {
  const { max, maxPercentage, expiresAfterMonths } = rollover
  return {
    max: max === null ? null : unitsOf(max),
    ...(maxPercentage === null ? {} : { max_percentage: maxPercentage }),
    ...(expiresAfterMonths === null
      ? { expiry_duration_type: 'forever' }
      : { expiry_duration_type: 'month', expiry_duration_length: expiresAfterMonths }),
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
