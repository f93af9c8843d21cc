import type { BooleanFeature, CreditSystemFeature, Features, MeteredFeature } from './feature.ts'

/** The ids of a registry: `FeatureId<typeof features>`. */
export type FeatureId<TFeatures extends Features> = keyof TFeatures & string

/**
 * The ids of the features of one kind.
 * @example FeatureIdOf<typeof features, BooleanFeature> // 'sso'
 */
export type FeatureIdOf<TFeatures extends Features, TFeature> = keyof {
  // `Extract` and not `extends`: a registry known only as `Features` has features of every kind under every id.
  readonly [Id in FeatureId<TFeatures> as [Extract<TFeatures[Id], TFeature>] extends [never] ? never : Id]: unknown
} &
  string

/** The ids that are counted in units of their own: what a procedure can be metered by. */
export type MeteredId<TFeatures extends Features> = FeatureIdOf<TFeatures, MeteredFeature>

/** The ids that a customer has or has not: what a procedure can be gated by. */
export type BooleanId<TFeatures extends Features> = FeatureIdOf<TFeatures, BooleanFeature>

/** The ids of the pools. */
export type CreditSystemId<TFeatures extends Features> = FeatureIdOf<TFeatures, CreditSystemFeature>

/** The ids of metered features with `consumable: false`: what an entity belongs to. */
export type AllocatedId<TFeatures extends Features> = FeatureIdOf<TFeatures, MeteredFeature<false>>

/** The pools that pay for a feature: `PoolsOf<typeof features, 'image_gen'>` is `'credits'`. */
export type PoolsOf<TFeatures extends Features, TId extends string> = keyof {
  readonly [Pool in CreditSystemId<TFeatures> as true extends Draws<TFeatures[Pool], TId> ? Pool : never]: unknown
} &
  string

type Draws<TFeature, TId extends string> =
  TFeature extends CreditSystemFeature<infer $Costs> ? (TId extends keyof $Costs ? true : false) : false
