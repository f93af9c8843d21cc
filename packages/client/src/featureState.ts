import {
  type Affordance,
  affords,
  type BooleanFeature,
  type CustomerAccess,
  type FeatureAccess,
  type FeatureId,
  type Features,
  type Pool,
  type PoolsOf,
  poolsOf,
} from '@tollgate/features'

/** Why a feature cannot be used, as far as that can be told from what the customer has. */
export type ShortReason = Extract<Affordance, { allowed: false }>['reason']

/** The pool that pays for a feature. */
export interface PoolState<TPoolId extends string = string> extends Pool<TPoolId> {
  /** What is left of it, in its own units. */
  readonly balance: number | 'unlimited'
  /** Units of the feature that it affords. */
  readonly unitsLeft: number | 'unlimited'
}

/** What a customer may do with a feature that is had or not. */
export interface BooleanState<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly type: 'boolean'
  readonly allowed: boolean
  /** Null: it is allowed. */
  readonly reason: ShortReason | null
}

/** What a customer may do with a feature that is counted in units, or with a pool. */
export interface BalanceState<TFeatureId extends string = string, TPoolId extends string = string> {
  readonly featureId: TFeatureId
  readonly type: 'metered' | 'credit_system'
  /** Whether a call of `units` would go through. */
  readonly allowed: boolean
  /** Null: it is allowed. */
  readonly reason: ShortReason | null
  /** The units that were asked about. */
  readonly units: number
  /** Units left, pools counted in: 100 credits at 10 per image are 10 images. Without what may be used beyond it. */
  readonly balance: number | 'unlimited'
  /** The most units that one call may take: the balance, and what may be used beyond it. */
  readonly unitsLeft: number | 'unlimited'
  /** Units of the feature's own grants; 0 when only a pool pays. */
  readonly granted: number
  /** Units used of the feature's own grants; 0 when only a pool pays. */
  readonly used: number
  /** Units of the feature's own grants that calls under way have set aside. */
  readonly held: number
  readonly unlimited: boolean
  /** The balance that pays for the last of `units`, or is short: the feature's own or a pool; null when the customer has neither. */
  readonly poolId: TFeatureId | TPoolId | null
  /** What the call asks of that balance, in its own units. */
  readonly required: number
  /** What that balance has left, in its own units. */
  readonly remaining: number | 'unlimited'
  /** When that balance resets, in milliseconds since the epoch; null when it does not. */
  readonly resetsAt: number | null
  /** That balance when it is a pool; null while the feature's own pays. */
  readonly pool: PoolState<TPoolId> | null
}

/** What a customer may do with one feature of a registry. */
export type FeatureState<TFeatures extends Features = Features, TFeatureId extends FeatureId<TFeatures> = FeatureId<TFeatures>> =
  // Distributes: asking for one of two features answers one of two states.
  TFeatureId extends unknown
    ? TFeatures[TFeatureId] extends BooleanFeature
      ? BooleanState<TFeatureId>
      : BalanceState<TFeatureId, PoolsOf<TFeatures, TFeatureId>>
    : never

/**
 * What a customer may do with a feature, from what the customer has.
 *
 * Throws a `RangeError` unless `units` is a number from 0 to 10¹³.
 */
export function featureStateOf<$Features extends Features, $Id extends FeatureId<$Features>>(
  features: $Features,
  access: CustomerAccess,
  featureId: $Id,
  units = 1,
): FeatureState<$Features, $Id> {
  const affordance = affords(features, access, featureId, units)
  const { type } = features[featureId] ?? { type: 'metered' }
  const state = { reason: null, ...affordance, type, ...(type !== 'boolean' && balanceOf(features, access, affordance, units)) }
  // The registry's own declaration chose the fields, and the type follows the same declaration.
  return state as unknown as FeatureState<$Features, $Id>
}

function balanceOf(features: Features, access: CustomerAccess, { featureId, poolId, remaining }: Affordance, units: number) {
  const own = access.features[featureId]
  const pool = poolsOf(features, featureId).find((each) => each.poolId === poolId)
  const balance = unitsLeftOf(features, access, featureId, Object.entries(access.features))
  return {
    units,
    balance,
    ...(own?.type === 'boolean' || own === undefined ? nothing : { granted: own.granted, used: own.used, held: own.held }),
    unlimited: balance === 'unlimited',
    pool: pool
      ? { ...pool, balance: remaining, unitsLeft: unitsLeftOf(features, access, featureId, [[pool.poolId, access.features[pool.poolId]]]) }
      : null,
  }
}

const nothing = { granted: 0, used: 0, held: 0 }

/** Units that some of a customer's balances afford, without what may be used beyond them. */
function unitsLeftOf(
  features: Features,
  access: CustomerAccess,
  featureId: string,
  balances: readonly (readonly [string, FeatureAccess | undefined])[],
) {
  const direct = balances.map(([id, balance]) => [id, { ...balance, overageLeft: 0 }])
  return affords(features, { ...access, features: Object.fromEntries(direct) }, featureId, 0).unitsLeft
}
