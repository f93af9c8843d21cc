import {
  type Affordance,
  affords,
  type BalanceAccess,
  type BooleanFeature,
  type CustomerAccess,
  type FeatureId,
  type Features,
  type PoolsOf,
  poolsOf,
} from '@tollgate/features'

/** Why a feature cannot be used, as far as that can be told from what the customer has. */
export type ShortReason = Extract<Affordance, { allowed: false }>['reason']

/** The pool that pays for a feature; more of it tells the pool's own state. */
export interface PoolState<TPoolId extends string = string> {
  readonly poolId: TPoolId
  /** What one unit of the feature takes from the pool. */
  readonly cost: number
  /** What is left, in units of the pool. */
  readonly balance: number | 'unlimited'
  /** Units of the feature that the pool affords. */
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
  /** When the balance that pays, or is short, resets, in milliseconds since the epoch; null when it does not. */
  readonly resetsAt: number | null
  /** The pool that pays, or is short; null while the feature's own balance does. */
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
  const state =
    features[featureId]?.type === 'boolean' ? booleanStateOf(featureId, affordance) : balanceStateOf(features, access, affordance, units)
  // The registry's own declaration chose the branch, and the type follows the same declaration.
  return state as FeatureState<$Features, $Id>
}

function booleanStateOf(featureId: string, affordance: Affordance): BooleanState {
  return { featureId, type: 'boolean', allowed: affordance.allowed, reason: reasonOf(affordance) }
}

function balanceStateOf(features: Features, access: CustomerAccess, affordance: Affordance, units: number): BalanceState {
  const { featureId, poolId } = affordance
  const own = balanceOf(access, featureId)
  const balance = affords(features, withoutOverage(access), featureId, 0).unitsLeft
  return {
    featureId,
    type: features[featureId]?.type === 'credit_system' ? 'credit_system' : 'metered',
    allowed: affordance.allowed,
    reason: reasonOf(affordance),
    units,
    balance,
    unitsLeft: affordance.unitsLeft,
    granted: own?.granted ?? 0,
    used: own?.used ?? 0,
    held: own?.held ?? 0,
    unlimited: balance === 'unlimited',
    resetsAt: affordance.resetsAt,
    pool: poolStateOf(features, access, featureId, poolId),
  }
}

function poolStateOf(features: Features, access: CustomerAccess, featureId: string, poolId: string | null): PoolState | null {
  const pool = poolsOf(features, featureId).find((each) => each.poolId === poolId)
  const held = pool && balanceOf(access, pool.poolId)
  if (pool === undefined || held === undefined) return null
  const alone = { ...access, features: { [pool.poolId]: held } }
  const balance = held.unlimited ? 'unlimited' : held.remaining
  return { ...pool, balance, unitsLeft: affords(features, alone, featureId, 0).unitsLeft }
}

function withoutOverage(access: CustomerAccess): CustomerAccess {
  const entries = Object.entries(access.features).map(([id, feature]) => {
    return [id, feature === undefined || feature.type === 'boolean' ? feature : { ...feature, overageLeft: 0 }] as const
  })
  return { ...access, features: Object.fromEntries(entries) }
}

function balanceOf(access: CustomerAccess, id: string): BalanceAccess | undefined {
  const feature = Object.hasOwn(access.features, id) ? access.features[id] : undefined
  return feature?.type === 'boolean' ? undefined : feature
}

function reasonOf(affordance: Affordance): ShortReason | null {
  return affordance.allowed ? null : affordance.reason
}
