import type { Features } from './feature.ts'
import type { CreditSystemId, FeatureId } from './featureId.ts'

/** A pool that pays for a feature. */
export interface Pool<TPoolId extends string = string> {
  readonly poolId: TPoolId
  /** Credits per unit of the feature. */
  readonly cost: number
}

/** The pools that pay for a feature, in the order of the registry. */
export function poolsOf<$Features extends Features>(
  features: $Features,
  featureId: FeatureId<$Features>,
): readonly Pool<CreditSystemId<$Features>>[] {
  const pools: Pool<CreditSystemId<$Features>>[] = []
  for (const poolId of Object.keys(features)) {
    const feature = features[poolId]
    if (feature?.type !== 'credit_system' || !Object.hasOwn(feature.costs, featureId)) continue
    const cost = feature.costs[featureId]
    // The feature under this key was just seen to be a credit system.
    if (cost !== undefined) pools.push({ poolId: poolId as CreditSystemId<$Features>, cost })
  }
  return pools
}
