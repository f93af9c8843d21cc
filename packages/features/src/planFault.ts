import type { BooleanFeature, CreditSystemFeature, Features, MeteredFeature } from './feature.ts'
import type { AllocatedId } from './featureId.ts'
import type { Interval } from './interval.ts'
import type { GrantedTerms, IncludedTerms, ItemTerms, UnlimitedTerms } from './itemTerms.ts'
import type { PlanPriceTerms, PlanTerms } from './planTerms.ts'
import type { PartOrFault } from './sound.ts'

/** Declared plans with a sentence in place of each part that cannot be. */
export type CheckedPlans<TFeatures extends Features, TPlans> = { readonly [Id in keyof TPlans]: CheckedPlan<TFeatures, TPlans[Id]> }

type CheckedPlan<TFeatures extends Features, TPlan> = {
  readonly [Key in keyof TPlan]: Key extends 'items' ? CheckedItems<TFeatures, TPlan[Key]> : PartOrFault<TPlan[Key], FieldFault<TPlan, Key>>
}

type FieldFault<TPlan, TKey extends keyof TPlan> = TKey extends keyof PlanTerms
  ? AutoEnableFault<TPlan, TKey>
  : `✖ a plan has no '${TKey & string}': it has name, description, group, addOn, autoEnable, price, trial and items`

type AutoEnableFault<TPlan, TKey> = [TKey, TPlan] extends ['autoEnable', { readonly autoEnable: true; readonly price: PlanPriceTerms }]
  ? '✖ autoEnable gives the plan to every new customer, so it cannot have a price: drop one of the two'
  : never

type CheckedItems<TFeatures extends Features, TItems> = {
  // Almost every item is plain, which is cheap to see; what is left is looked at closely, for the sentence about it.
  readonly [Id in keyof TItems]: TItems[Id] extends PlainTerms<TFeatures, Id>
    ? TItems[Id]
    : PartOrFault<TItems[Id], ItemFault<TFeatures, Id & string, TItems[Id]>>
}

type PlainTerms<TFeatures extends Features, TId> = TId extends keyof TFeatures ? PlainTermsOf<TFeatures[TId]> : never

/** Terms that are right for every feature of a kind: those that name no entity. */
type PlainTermsOf<TFeature> = TFeature extends BooleanFeature
  ? GrantedTerms
  : UnlimitedTerms | IncludedTerms<TFeature extends MeteredFeature<false> ? null : Interval | null, null>

/** Nothing is said about what is only known to be a plan item: the compiler looks at that when a declaration fails for another reason. */
type ItemFault<TFeatures extends Features, TId extends string, TTerms> = [ItemTerms] extends [TTerms]
  ? never
  : NamedItemFault<TFeatures, TId, TTerms>

type NamedItemFault<TFeatures extends Features, TId extends string, TTerms> = TId extends keyof TFeatures
  ? TermsFault<TFeatures, TId, TTerms>
  : `✖ a plan has items for features of this registry, and it has no feature '${TId}'`

type TermsFault<TFeatures extends Features, TId extends keyof TFeatures & string, TTerms> = TFeatures[TId] extends BooleanFeature
  ? BooleanFault<TId, TTerms>
  : UnitsFault<TFeatures, TId, TTerms>

type BooleanFault<TId extends string, TTerms> = TTerms extends GrantedTerms
  ? never
  : `✖ '${TId}' is a boolean feature, which has no amount: write granted()`

type UnitsFault<TFeatures extends Features, TId extends keyof TFeatures & string, TTerms> = TTerms extends GrantedTerms
  ? `✖ '${TId}' is a ${KindOf<TFeatures[TId]>}: say how much, with included(n) or unlimited()`
  : IncludedFault<TFeatures, TId, TTerms>

type KindOf<TFeature> = TFeature extends CreditSystemFeature ? 'credit system' : 'metered feature'

type IncludedFault<TFeatures extends Features, TId extends keyof TFeatures & string, TTerms> =
  TTerms extends IncludedTerms<infer $Interval, infer $Entity>
    ? IntervalFault<TFeatures[TId], TId, $Interval> | EntityFault<TFeatures, TId, $Entity>
    : never

type IntervalFault<TFeature, TId extends string, TInterval> = [TFeature, TInterval] extends [MeteredFeature<false>, Interval]
  ? `✖ '${TId}' is allocated (consumable: false): its units come back when they are given up, so drop .per()`
  : never

type EntityFault<TFeatures extends Features, TId extends string, TEntity> = TEntity extends Exclude<AllocatedId<TFeatures>, TId> | null
  ? never
  : `✖ .perEntity('${TEntity & string}') needs another feature that is allocated, with consumable: false`
