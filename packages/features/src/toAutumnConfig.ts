import type {
  AutumnBillingControls,
  AutumnConfig,
  AutumnFeature,
  AutumnInterval,
  AutumnItem,
  AutumnPlan,
  AutumnPrice,
  AutumnRollover,
} from './autumnConfig.ts'
import { MAX_AMOUNT } from './exact.ts'
import type { Feature, Features } from './feature.ts'
import { featureName } from './featureName.ts'
import type { Interval } from './interval.ts'
import type { Plan, Plans } from './plan.ts'
import type { IncludedItem, PlanItem, Rollover, UnitPrice } from './planItem.ts'

/**
 * The registry as Autumn's `autumn.config.ts`: `export default toAutumnConfig(features, plans)` is all that the file needs.
 *
 * What Autumn does not have is left out: the names of units.
 */
export function toAutumnConfig<$Features extends Features>(features: $Features, plans: Plans<$Features>): AutumnConfig {
  return {
    features: Object.entries<Feature>(features).map(([id, feature]) => autumnFeature(id, featureName(features, id), feature)),
    plans: Object.values<Plan>(plans).map((plan) => autumnPlan(features, plan)),
  }
}

function autumnFeature(id: string, name: string, feature: Feature): AutumnFeature {
  switch (feature.type) {
    case 'boolean':
      return { id, name, type: feature.type }
    case 'metered': {
      const { type, consumable, eventNames } = feature
      return { id, name, type, consumable, ...(eventNames && { eventNames }) }
    }
    case 'credit_system': {
      const creditSchema = Object.entries(feature.costs).map(([meteredFeatureId, creditCost]) => ({ meteredFeatureId, creditCost }))
      return { id, name, type: feature.type, creditSchema }
    }
  }
}

function autumnPlan(features: Features, plan: Plan): AutumnPlan {
  const { id, name, description, group, addOn, autoEnable, price, trial } = plan
  const billingControls = billingControlsOf(plan)
  return {
    id,
    name,
    ...(description !== null && { description }),
    ...(group !== '' && { group }),
    addOn,
    autoEnable,
    ...(price && { price: { amount: price.amount, interval: price.interval?.unit ?? 'one_off' } }),
    items: plan.items.flatMap((item) => autumnItems(features, item)),
    ...(trial && { freeTrial: { durationLength: trial.length, durationType: trial.unit, cardRequired: trial.cardRequired } }),
    ...(billingControls && { billingControls }),
  }
}

function autumnItems(features: Features, item: PlanItem): readonly AutumnItem[] {
  switch (item.kind) {
    case 'granted':
      return [{ featureId: item.featureId }]
    case 'unlimited':
      return [{ featureId: item.featureId, unlimited: true }]
    case 'included':
      return includedItems(item, resetOf(features, item))
  }
}

/** One item of ours is one of Autumn's for each way of paying, because there an item has one price; what is included goes with the first. */
function includedItems(item: IncludedItem, reset: AutumnInterval<Interval['unit']> | null): readonly AutumnItem[] {
  const { featureId, included, rollover, perEntity } = item
  const entity = perEntity !== null && { entityFeatureId: perEntity }
  const prices = pricesOf(item)
  const [first] = prices
  const main: AutumnItem = {
    featureId,
    included,
    ...pricedAt(first, reset),
    ...(rollover && { rollover: autumnRollover(rollover) }),
    ...entity,
  }
  return [main, ...prices.slice(1).map((price) => ({ featureId, included: 0, ...pricedAt(price, reset), ...entity }))]
}

function pricesOf({ prepaid, overage }: IncludedItem): readonly AutumnPrice[] {
  const prices: AutumnPrice[] = []
  if (prepaid) prices.push({ ...unitPrice(prepaid), billingMethod: 'prepaid' })
  if (overage?.price) {
    const { price, max } = overage
    prices.push({ ...unitPrice(price), billingMethod: 'usage_based', ...(max !== 'unlimited' && { maxPurchase: max }) })
  }
  return prices
}

function unitPrice({ amount, billingUnits, interval }: UnitPrice): Omit<AutumnPrice, 'billingMethod'> {
  return { amount, billingUnits, ...autumnInterval(interval) }
}

/** Autumn resets an item with a price when it is billed: a reset is told only where it differs. */
function pricedAt(price: AutumnPrice | undefined, reset: AutumnInterval<Interval['unit']> | null): Pick<AutumnItem, 'price' | 'reset'> {
  const told = reset !== null && (reset.interval !== price?.interval || reset.intervalCount !== price.intervalCount)
  return { ...(told && { reset }), ...(price && { price }) }
}

/** Null for allocated units, which have no reset; consumable ones that are granted once must say so. */
function resetOf(features: Features, { featureId, interval }: IncludedItem): AutumnInterval<Interval['unit']> | null {
  const feature = features[featureId]
  return feature?.type === 'metered' && !feature.consumable ? null : autumnInterval(interval)
}

function autumnInterval<$Interval extends Interval>(interval: $Interval | null): AutumnInterval<$Interval['unit']> {
  if (interval === null) return { interval: 'one_off' }
  return { interval: interval.unit, ...(interval.count !== 1 && { intervalCount: interval.count }) }
}

function autumnRollover({ cap, months }: Rollover): AutumnRollover {
  const expiry =
    months === 'forever' ? { expiryDurationType: months } : { expiryDurationType: 'month' as const, expiryDurationLength: months }
  switch (cap.kind) {
    case 'none':
      // `atmn` takes a rollover without a maximum for one that keeps nothing.
      return { max: MAX_AMOUNT, ...expiry }
    case 'units':
      return { max: cap.units, ...expiry }
    case 'percentage':
      return { maxPercentage: cap.percentage, ...expiry }
  }
}

/** Overage that is not billed is no price but a leave, with a limit of its own. */
function billingControlsOf({ items }: Plan): AutumnBillingControls | null {
  const free = items.flatMap((item) =>
    item.kind === 'included' && item.overage?.price === null ? [{ featureId: item.featureId, max: item.overage.max }] : [],
  )
  if (free.length === 0) return null
  const limits = free.flatMap(({ featureId, max }) =>
    max === 'unlimited' ? [] : [{ feature_id: featureId, enabled: true, limit_type: 'absolute', overage_limit: max } as const],
  )
  return {
    overage_allowed: free.map(({ featureId }) => ({ feature_id: featureId, enabled: true })),
    ...(limits.length > 0 && { spend_limits: limits }),
  }
}
