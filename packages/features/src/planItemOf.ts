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

const MONTHLY: BillingInterval = { unit: 'month', count: 1 }

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
      return includedItemOf(place, terms.amounts)
  }
}

function isItemTerms(terms: unknown): terms is ItemTerms {
  if (typeof terms !== 'object' || terms === null || !('kind' in terms)) return false
  return terms.kind === 'granted' || terms.kind === 'unlimited' || (terms.kind === 'included' && 'amounts' in terms)
}

function checkIncluded(features: Features, feature: Feature, place: Place, { interval, perEntity }: IncludedAmounts): void {
  if (feature.type === 'metered' && !feature.consumable && interval !== null) {
    throw fault(place, 'it is allocated (consumable: false): its units come back when they are given up, so drop .per()')
  }
  if (perEntity === null) return
  const owner = Object.hasOwn(features, perEntity) ? features[perEntity] : undefined
  if (owner?.type !== 'metered' || owner.consumable || perEntity === place.featureId) {
    throw fault(place, `.perEntity(${shown(perEntity)}) needs another feature that is allocated, with consumable: false`)
  }
}

function includedItemOf(place: Place, amounts: IncludedAmounts): IncludedItem {
  const { overage, prepaid, ...rest } = amounts
  return {
    featureId: place.featureId,
    kind: 'included',
    ...rest,
    overage: overage && overageOf(place, amounts.interval, overage),
    prepaid: prepaid && prepaidOf(place, amounts.interval, prepaid),
  }
}

function overageOf(place: Place, interval: Interval | null, { price, billingUnits, max }: OverageAmounts): Overage {
  if (price === null) return { price, max }
  const billed = interval === null ? (place.planPrice?.interval ?? MONTHLY) : billingIntervalOf(interval)
  if (billed === null)
    throw fault(
      place,
      `its overage is billed at its resets, and nothing is billed by the ${interval?.unit}: reset it by the week or longer, or drop the price`,
    )
  return { price: { amount: price, billingUnits, interval: billed }, max }
}

function prepaidOf(place: Place, reset: Interval | null, { price, billingUnits, interval }: PrepaidAmounts): UnitPrice {
  if (interval !== 'inherited')
    return { amount: price, billingUnits, interval: interval === 'one_off' ? null : { unit: interval, count: 1 } }
  return { amount: price, billingUnits, interval: (reset && billingIntervalOf(reset)) ?? place.planPrice?.interval ?? null }
}

function billingIntervalOf({ unit, count }: Interval): BillingInterval | null {
  return isBillingIntervalUnit(unit) ? { unit, count } : null
}

function fault({ planId, featureId }: Place, sentence: string): RegistryError {
  return new RegistryError(`${shown(featureId)} in plan ${shown(planId)}: ${sentence}`)
}
