import type { BillingInterval, Plan, PlanItem, UnitPrice } from '@tollgate/features'
import type { ListPlansResponse } from 'autumn-js'

type ListedPlan = ListPlansResponse['list'][number]
type ListedItem = ListedPlan['items'][number]

/** A plan as Autumn lists it, as the registry would declare it: what is more than that is left out. */
export function planOf(plan: ListedPlan, booleanIds: ReadonlySet<string>): Plan {
  const { id, name, description, group, addOn, autoEnable, price, freeTrial } = plan
  return {
    id,
    name,
    description,
    group: group ?? '',
    addOn,
    autoEnable,
    price: price && { amount: price.amount, interval: billingInterval(price.interval, price.intervalCount) },
    trial: freeTrial
      ? { length: freeTrial.durationLength, unit: trialUnit(freeTrial.durationType), cardRequired: freeTrial.cardRequired }
      : null,
    items: plan.items.map((item) => itemOf(item, booleanIds)),
  }
}

function itemOf(item: ListedItem, booleanIds: ReadonlySet<string>): PlanItem {
  const { featureId, included, unlimited, reset, price } = item
  if (booleanIds.has(featureId)) return { featureId, kind: 'granted' }
  if (unlimited) return { featureId, kind: 'unlimited' }
  const unitPrice: UnitPrice | null = price && {
    amount: price.amount ?? 0,
    billingUnits: price.billingUnits,
    interval: billingInterval(price.interval, price.intervalCount),
  }
  return {
    featureId,
    kind: 'included',
    included,
    interval: intervalOf(reset),
    rollover: null,
    perEntity: null,
    overage: price?.billingMethod === 'usage_based' ? { price: unitPrice, max: price.maxPurchase ?? 'unlimited' } : null,
    prepaid: price?.billingMethod === 'prepaid' ? unitPrice : null,
  }
}

function intervalOf(reset: ListedItem['reset']) {
  const unit: string | undefined = reset?.interval
  switch (unit) {
    case 'minute':
    case 'hour':
    case 'day':
    case 'week':
    case 'month':
    case 'quarter':
    case 'semi_annual':
    case 'year':
      return { unit, count: reset?.intervalCount ?? 1 } as const
    default:
      return null
  }
}

function billingInterval(unit: string, count = 1): BillingInterval | null {
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

function trialUnit(unit: string): 'day' | 'month' | 'year' {
  return unit === 'day' || unit === 'year' ? unit : 'month'
}
