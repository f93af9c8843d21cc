import { type Feature, featureName, type PlanItem, poolsOf, type UnitNames } from '@tollgate/features'
import { features, plans } from '../../catalog.ts'
import { formatNumber } from '../format.ts'

export type FeatureKey = keyof typeof features

/** The plans that an organisation holds one of. */
export const mainPlans = Object.values(plans).filter((plan) => !plan.addOn)

export type MainPlanId = 'free' | 'pro'

/** The features as rows of a table: a pool stands before what draws from it. */
export const featureIds = [
  'messages',
  'credits',
  'image_gen',
  'api_calls',
  'seats',
  'data_export',
  'sso',
] as const satisfies readonly FeatureKey[]

/** What units of a feature are called. */
export function unitNames(featureId: FeatureKey): UnitNames {
  const feature: Feature = features[featureId]
  const name = featureName(features, featureId)
  return (feature.type !== 'boolean' && feature.display) || { singular: name, plural: name }
}

/** What a plan has of a feature, in a few words: `5,000 per month`. Null: nothing. */
export function termsOf(planId: keyof typeof plans, featureId: FeatureKey): string | null {
  const item: PlanItem | undefined = plans[planId].items.find((each) => each.featureId === featureId)
  switch (item?.kind) {
    case undefined:
      return pooledTerms(planId, featureId)
    case 'granted':
      return 'Included'
    case 'unlimited':
      return 'Unlimited'
    case 'included':
      return item.interval === null ? formatNumber(item.included) : `${formatNumber(item.included)} per ${item.interval.unit}`
  }
}

/** A feature that only a pool pays for: what one unit takes from it. */
function pooledTerms(planId: keyof typeof plans, featureId: FeatureKey): string | null {
  const pool = poolsOf(features, featureId).find(({ poolId }) => plans[planId].items.some((item) => item.featureId === poolId))
  return pool
    ? `${formatNumber(pool.cost)} ${pool.cost === 1 ? unitNames(pool.poolId).singular : unitNames(pool.poolId).plural} each`
    : null
}
