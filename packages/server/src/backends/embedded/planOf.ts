import { type CatalogPlan, type PlanItem as EngineItem, unitsOf } from '@tollgate/engine'
import type { BillingInterval, Plan, PlanItem, Rollover, UnitPrice } from '@tollgate/features'

/** A plan of the engine's catalog as the registry declares plans. */
export function planOf(plan: CatalogPlan): Plan {
  const { id, name, description, group, addOn, autoEnable, price, trial } = plan
  return {
    id,
    name,
    description,
    group,
    addOn,
    autoEnable,
    price: price && { amount: price.amount, interval: billingInterval(price.interval?.unit, price.interval?.count) },
    trial,
    items: plan.items.map(itemOf),
  }
}

function itemOf(item: EngineItem): PlanItem {
  const { featureId, kind } = item
  if (kind !== 'included') return { featureId, kind }
  return {
    featureId,
    kind,
    included: unitsOf(item.included),
    interval: item.interval,
    rollover: item.rollover && rolloverOf(item.rollover),
    perEntity: item.perEntity,
    overage: item.overage && { price: priceOf(item), max: item.overage.max === null ? 'unlimited' : unitsOf(item.overage.max) },
    prepaid: item.prepaid && priceOf(item),
  }
}

function rolloverOf(rule: NonNullable<EngineItem['rollover']>): Rollover {
  const months = rule.expiresAfterMonths ?? 'forever'
  if (rule.max !== null) return { cap: { kind: 'units', units: unitsOf(rule.max) }, months }
  return { cap: rule.maxPercentage === null ? { kind: 'none' } : { kind: 'percentage', percentage: rule.maxPercentage }, months }
}

/** The engine keeps a price as it was declared on the wire; what is not a plain price per group of units is not told. */
function priceOf({ price, prepaid }: EngineItem): UnitPrice | null {
  const amount = price?.['amount']
  const billingUnits = price?.['billing_units'] ?? (prepaid ? unitsOf(prepaid.billingUnits) : 1)
  const interval = price?.['interval']
  if (typeof amount !== 'number' || typeof billingUnits !== 'number') return null
  return { amount, billingUnits, interval: billingInterval(typeof interval === 'string' ? interval : undefined, 1) }
}

function billingInterval(unit: string | undefined, count = 1): BillingInterval | null {
  switch (unit) {
    case 'week':
    case 'month':
    case 'quarter':
    case 'semi_annual':
    case 'year':
      return { unit, count }
    default:
      return null
  }
}
