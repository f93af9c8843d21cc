import { expectTypeOf } from 'vitest'
import { defineFeatures } from './defineFeatures.ts'
import {
  type BooleanFeature,
  boolean,
  type CreditSystemFeature,
  creditSystem,
  type Features,
  type MeteredFeature,
  metered,
} from './feature.ts'
import type { AllocatedId, BooleanId, CreditSystemId, FeatureId, MeteredId, PoolsOf } from './featureId.ts'

const features = defineFeatures({
  messages: metered(),
  api_calls: metered({ name: 'API calls' }),
  image_gen: metered({ consumable: true }),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ api_calls: 1, image_gen: 10 }),
  wallet: creditSystem({ image_gen: 0.02 }),
})
type App = typeof features

// A registry knows each feature by its id.
expectTypeOf(features.messages).toEqualTypeOf<MeteredFeature<true>>()
expectTypeOf(features.image_gen.consumable).toEqualTypeOf<true>()
expectTypeOf(features.seats.consumable).toEqualTypeOf<false>()
expectTypeOf(features.credits.costs).toEqualTypeOf<{ readonly api_calls: 1; readonly image_gen: 10 }>()
expectTypeOf(features).toExtend<Features>()
expectTypeOf(metered({ consumable: Math.random() > 0.5 })).toEqualTypeOf<MeteredFeature<boolean>>()
expectTypeOf(metered({ consumable: Math.random() > 0.5 })).toExtend<Features[string]>()

// Ids by kind.
expectTypeOf<FeatureId<App>>().toEqualTypeOf<'messages' | 'api_calls' | 'image_gen' | 'seats' | 'sso' | 'credits' | 'wallet'>()
expectTypeOf<MeteredId<App>>().toEqualTypeOf<'messages' | 'api_calls' | 'image_gen' | 'seats'>()
expectTypeOf<BooleanId<App>>().toEqualTypeOf<'sso'>()
expectTypeOf<CreditSystemId<App>>().toEqualTypeOf<'credits' | 'wallet'>()
expectTypeOf<AllocatedId<App>>().toEqualTypeOf<'seats'>()
expectTypeOf<PoolsOf<App, 'image_gen'>>().toEqualTypeOf<'credits' | 'wallet'>()
expectTypeOf<PoolsOf<App, 'api_calls'>>().toEqualTypeOf<'credits'>()
expectTypeOf<PoolsOf<App, 'messages'>>().toEqualTypeOf<never>()

// Where a registry is known only as one, any text may be an id of any kind.
expectTypeOf<MeteredId<Features>>().toEqualTypeOf<string>()
expectTypeOf<BooleanId<Features>>().toEqualTypeOf<string>()
expectTypeOf<CreditSystemId<Features>>().toEqualTypeOf<string>()
expectTypeOf<AllocatedId<Features>>().toEqualTypeOf<string>()
expectTypeOf<PoolsOf<Features, 'messages'>>().toEqualTypeOf<string>()

declare const loaded: Features
expectTypeOf(defineFeatures(loaded)).toEqualTypeOf<Features>()

/** What the compiler asks for in place of the features: each itself, or a sentence. */
type Asked<TFeatures extends Features> = Parameters<typeof defineFeatures<TFeatures>>[0]

// A cost map that names an unknown feature.
type Unknown = Asked<{ a: MeteredFeature<true>; credits: CreditSystemFeature<{ nope: 1; a: 1 }> }>
expectTypeOf<
  Unknown['credits']
>().toEqualTypeOf<"✖ a credit system prices metered features of this registry, and it has no feature 'nope'">()
expectTypeOf<Unknown['a']>().toEqualTypeOf<MeteredFeature<true>>()
defineFeatures({
  a: metered(),
  // @ts-expect-error ✖ a credit system prices metered features of this registry, and it has no feature 'nope'
  credits: creditSystem({ nope: 1, a: 1 }),
})

// One that names a boolean.
type Priced = Asked<{ sso: BooleanFeature; credits: CreditSystemFeature<{ sso: 1 }> }>
expectTypeOf<
  Priced['credits']
>().toEqualTypeOf<"✖ a credit system prices metered features, and 'sso' is a boolean feature, which has no units">()
defineFeatures({
  sso: boolean(),
  // @ts-expect-error ✖ a credit system prices metered features, and 'sso' is a boolean feature, which has no units
  credits: creditSystem({ sso: 1 }),
})

// One that names another pool, or itself.
type Nested = Asked<{ a: MeteredFeature<true>; credits: CreditSystemFeature<{ a: 1 }>; more: CreditSystemFeature<{ credits: 1 }> }>
expectTypeOf<
  Nested['more']
>().toEqualTypeOf<"✖ a credit system prices metered features, and 'credits' is a credit system itself: price what it pays for">()
defineFeatures({
  a: metered(),
  credits: creditSystem({ a: 1 }),
  // @ts-expect-error ✖ a credit system prices metered features, and 'credits' is a credit system itself: price what it pays for
  more: creditSystem({ credits: 1 }),
  // @ts-expect-error ✖ a credit system prices metered features, and 'own' is a credit system itself: price what it pays for
  own: creditSystem({ own: 1 }),
})

// An empty one.
type Empty = Asked<{ credits: CreditSystemFeature<Record<never, number>> }>
expectTypeOf<
  Empty['credits']
>().toEqualTypeOf<'✖ a credit system without costs pays for nothing: name the metered features that draw from it'>()
defineFeatures({
  // @ts-expect-error ✖ a credit system without costs pays for nothing: name the metered features that draw from it
  credits: creditSystem({}),
})

// What is no feature at all.
defineFeatures({
  // @ts-expect-error a builder has to be called
  sso: boolean,
  // @ts-expect-error a number is not a feature
  messages: 20,
})
// @ts-expect-error consumable is true or false
metered({ consumable: 'no' })
// @ts-expect-error there is no such option
metered({ nmae: 'Messages' })
// @ts-expect-error a boolean feature has no amount
boolean({ included: 5 })
// @ts-expect-error a cost is a number
creditSystem({ messages: '1' })
