import type { Feature, Features } from './feature.ts'
import { type BillingInterval, type Interval, isBillingIntervalUnit } from './interval.ts'
import type { IncludedAmounts, ItemTerms, OverageAmounts, PrepaidAmounts } from './itemTerms.ts'
import type { PlanPrice } from './plan.ts'
import type { IncludedItem, Overage, PlanItem, UnitPrice } from './planItem.ts'
import { RegistryError } from './registryError.ts'
import { shown } from './shown.ts'

/** Where an item stands. */
interface Place {
  readonly planId: string
  readonly featureId: string
  readonly planPrice: PlanPrice | null
}

/** The item that the terms say, once they fit the feature that they stand at. */
export function planItemOf(features: Features, place: Place, terms: unknown): PlanItem {
  const { featureId } = place
  const feature = Object.hasOwn(features, featureId) ? features[featureId] : undefined
  if (feature === undefined) throw fault(place, `there is no feature ${shown(featureId)}: name one of ${Object.keys(features).join(', ')}`)
  if (!isItemTerms(terms)) throw fault(place, `it is given ${shown(terms)}: write included(n), unlimited() or granted()`)
  if (feature.type === 'boolean') {
    if (terms.kind !== 'granted') throw fault(place, 'it is a boolean feature, which has no amount: write granted()')
    return { featureId, kind: 'granted' }
  }
  switch (terms.kind) {
    case 'granted':
      throw fault(
        place,
        `it is a ${feature.type === 'metered' ? 'metered feature' : 'credit system'}: say how much, with included(n) or unlimited()`,
      )
    case 'unlimited':
      return { featureId, kind: 'unlimited' }
    case 'included':
      checkIncluded(features, feature, place, terms.amounts)
      return includedItemOf(feature, place, terms.amounts)
  }
}

function isItemTerms(terms: unknown): terms is ItemTerms {
  if (typeof terms !== 'object' || terms === null || !('kind' in terms)) return false
  return terms.kind === 'granted' || terms.kind === 'unlimited' || (terms.kind === 'included' && 'amounts' in terms)
}

function checkIncluded(features: Features, feature: Feature, place: Place, { interval, perEntity }: IncludedAmounts): void {
  if (isAllocated(feature) && interval !== null) {
    throw fault(place, 'it is allocated (consumable: false): its units come back when they are given up, so drop .per()')
  }
  if (perEntity === null) return
  const owner = Object.hasOwn(features, perEntity) ? features[perEntity] : undefined
  if (owner?.type !== 'metered' || owner.consumable || perEntity === place.featureId) {
    throw fault(place, `.perEntity(${shown(perEntity)}) needs another feature that is allocated, with consumable: false`)
  }
}

function includedItemOf(feature: Feature, place: Place, amounts: IncludedAmounts): IncludedItem {
  const { overage, prepaid, ...rest } = amounts
  return {
    featureId: place.featureId,
    kind: 'included',
    ...rest,
    overage: overage && overageOf(feature, place, amounts.interval, overage),
    prepaid: prepaid && prepaidOf(feature, place, amounts.interval, prepaid),
  }
}

function overageOf(feature: Feature, place: Place, reset: Interval | null, { price, billingUnits, max }: OverageAmounts): Overage {
  if (price === null) return { price, max }
  const interval = isAllocated(feature) ? planIntervalOf(place) : billingIntervalOf(reset)
  if (interval === null) {
    throw fault(
      place,
      `its overage is billed at each reset, and it ${neverBilled(reset)}: let it reset by the week or longer, or drop the price`,
    )
  }
  return { price: { amount: price, billingUnits, interval }, max }
}

function prepaidOf(feature: Feature, place: Place, reset: Interval | null, { price, billingUnits, interval }: PrepaidAmounts): UnitPrice {
  const amounts = { amount: price, billingUnits }
  switch (interval) {
    case 'inherited':
      return { ...amounts, interval: isAllocated(feature) ? planIntervalOf(place) : billingIntervalOf(reset) }
    case 'one_off':
      return { ...amounts, interval: null }
    default:
      return { ...amounts, interval: { unit: interval, count: 1 } }
  }
}

function isAllocated(feature: Feature): boolean {
  return feature.type === 'metered' && !feature.consumable
}

/** Allocated units have no resets to be billed at: they go with the plan. */
function planIntervalOf({ planPrice }: Place): BillingInterval {
  return planPrice?.interval ?? { unit: 'month', count: 1 }
}

function billingIntervalOf(reset: Interval | null): BillingInterval | null {
  return reset !== null && isBillingIntervalUnit(reset.unit) ? { unit: reset.unit, count: reset.count } : null
}

function neverBilled(reset: Interval | null): string {
  return reset === null ? 'never resets' : `resets by the ${reset.unit}, which is too short to bill`
}

function fault({ planId, featureId }: Place, sentence: string): RegistryError {
  return new RegistryError(`${shown(featureId)} in plan ${shown(planId)}: ${sentence}`)
}
