import { expectTypeOf } from 'vitest'
import { defineFeatures } from './defineFeatures.ts'
import { definePlans } from './definePlans.ts'
import { boolean, creditSystem, type Features, metered } from './feature.ts'
import type { Interval } from './interval.ts'
import { type GrantedTerms, granted, type IncludedTerms, included, type UnlimitedTerms, unlimited } from './itemTerms.ts'
import type { Plan, PlanId, Plans } from './plan.ts'
import type { CheckedPlans } from './planFault.ts'
import type { PlanTerms } from './planTerms.ts'

const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})
type App = typeof features

const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: { messages: included(20).per('month'), credits: included(100).per('month').rollover({ months: 3, max: 500 }) },
  },
  pro: {
    name: 'Pro',
    description: 'For teams',
    group: 'main',
    price: { amount: 20, interval: 'month' },
    trial: { length: 14, unit: 'day' },
    items: {
      messages: unlimited(),
      image_gen: included(5).per('day', 7).perEntity('seats'),
      seats: included(3).overage({ price: 5 }),
      sso: granted(),
    },
  },
})

expectTypeOf(plans).toEqualTypeOf<Plans<App, 'free' | 'pro'>>()
expectTypeOf<PlanId<typeof plans>>().toEqualTypeOf<'free' | 'pro'>()
expectTypeOf(plans.free.id).toEqualTypeOf<'free'>()
expectTypeOf(plans.free.items[0]).toEqualTypeOf<Plan<keyof App>['items'][number] | undefined>()
expectTypeOf(plans).toExtend<Plans>()

// Plans over features that are known at run time only.
declare const loadedFeatures: Features
declare const loadedPlans: Readonly<Record<string, PlanTerms>>
expectTypeOf(definePlans(loadedFeatures, loadedPlans)).toEqualTypeOf<Plans>()

/** What the compiler asks for in place of the terms of an item: themselves, or a sentence. */
type Asked<TId extends string, TTerms> = CheckedPlans<App, { plan: { name: string; items: { [Id in TId]: TTerms } } }>['plan']['items'][TId]
type Monthly = IncludedTerms<Interval, null>

expectTypeOf<Asked<'messages', Monthly>>().toEqualTypeOf<Monthly>()
expectTypeOf<Asked<'credits', UnlimitedTerms>>().toEqualTypeOf<UnlimitedTerms>()
expectTypeOf<Asked<'seats', IncludedTerms<null, null>>>().toEqualTypeOf<IncludedTerms<null, null>>()
expectTypeOf<Asked<'sso', GrantedTerms>>().toEqualTypeOf<GrantedTerms>()

// An item of an unknown feature.
expectTypeOf<Asked<'nope', Monthly>>().toEqualTypeOf<"✖ a plan has items for features of this registry, and it has no feature 'nope'">()
definePlans(features, {
  free: {
    name: 'Free',
    items: {
      messages: unlimited(),
      // @ts-expect-error ✖ a plan has items for features of this registry, and it has no feature 'nope'
      nope: included(5),
    },
  },
})

// An amount for a boolean.
type BooleanAmount = "✖ 'sso' is a boolean feature, which has no amount: write granted()"
expectTypeOf<Asked<'sso', Monthly>>().toEqualTypeOf<BooleanAmount>()
expectTypeOf<Asked<'sso', UnlimitedTerms>>().toEqualTypeOf<BooleanAmount>()
definePlans(features, {
  // @ts-expect-error ✖ 'sso' is a boolean feature, which has no amount: write granted()
  free: { name: 'Free', items: { sso: included(5) } },
  // @ts-expect-error ✖ 'sso' is a boolean feature, which has no amount: write granted()
  pro: { name: 'Pro', items: { sso: unlimited() } },
})

// No amount for a metered feature, or for a pool.
expectTypeOf<
  Asked<'messages', GrantedTerms>
>().toEqualTypeOf<"✖ 'messages' is a metered feature: say how much, with included(n) or unlimited()">()
expectTypeOf<
  Asked<'credits', GrantedTerms>
>().toEqualTypeOf<"✖ 'credits' is a credit system: say how much, with included(n) or unlimited()">()
definePlans(features, {
  // @ts-expect-error ✖ 'messages' is a metered feature: say how much, with included(n) or unlimited()
  free: { name: 'Free', items: { messages: granted() } },
  // @ts-expect-error ✖ 'credits' is a credit system: say how much, with included(n) or unlimited()
  pro: { name: 'Pro', items: { credits: granted() } },
})

// An interval for an allocated feature.
expectTypeOf<
  Asked<'seats', Monthly>
>().toEqualTypeOf<"✖ 'seats' is allocated (consumable: false): its units come back when they are given up, so drop .per()">()
definePlans(features, {
  // @ts-expect-error ✖ 'seats' is allocated (consumable: false): its units come back when they are given up, so drop .per()
  free: { name: 'Free', items: { seats: included(3).per('month') } },
})

// An entity of a feature that has none, or of the feature itself.
expectTypeOf<
  Asked<'messages', IncludedTerms<null, 'image_gen'>>
>().toEqualTypeOf<"✖ .perEntity('image_gen') needs another feature that is allocated, with consumable: false">()
definePlans(features, {
  // @ts-expect-error ✖ .perEntity('image_gen') needs another feature that is allocated, with consumable: false
  free: { name: 'Free', items: { messages: included(5).perEntity('image_gen') } },
  // @ts-expect-error ✖ .perEntity('nope') needs another feature that is allocated, with consumable: false
  pro: { name: 'Pro', items: { messages: included(5).perEntity('nope').per('day') } },
  // @ts-expect-error ✖ .perEntity('seats') needs another feature that is allocated, with consumable: false
  team: { name: 'Team', items: { seats: included(5).perEntity('seats') } },
})

// A plan for everybody that costs something.
type Paid = { name: string; autoEnable: true; price: { amount: 1; interval: 'month' }; items: object }
expectTypeOf<
  CheckedPlans<App, { plan: Paid }>['plan']['autoEnable']
>().toEqualTypeOf<'✖ autoEnable gives the plan to every new customer, so it cannot have a price: drop one of the two'>()
definePlans(features, {
  // @ts-expect-error ✖ autoEnable gives the plan to every new customer, so it cannot have a price: drop one of the two
  free: { name: 'Free', autoEnable: true, price: { amount: 1, interval: 'month' }, items: {} },
})

// A word that a plan does not have.
expectTypeOf<
  CheckedPlans<App, { plan: { name: string; nmae: string; items: object } }>['plan']['nmae']
>().toEqualTypeOf<"✖ a plan has no 'nmae': it has name, description, group, addOn, autoEnable, price, trial and items">()
definePlans(features, {
  // @ts-expect-error ✖ a plan has no 'nmae': it has name, description, group, addOn, autoEnable, price, trial and items
  free: { name: 'Free', nmae: 'Free', items: {} },
})

// Units that are kept without ever coming back.
expectTypeOf(included(5).rollover)
  .parameter(0)
  .toEqualTypeOf<"✖ only units that come back can be kept: write .per('month') before .rollover()">()
// @ts-expect-error ✖ only units that come back can be kept: write .per('month') before .rollover()
included(5).rollover({ months: 3 })

// What is no plan at all.
definePlans(features, {
  // @ts-expect-error a plan has a name
  free: { items: {} },
})
definePlans(features, {
  // @ts-expect-error a plan has items
  free: { name: 'Free' },
})
definePlans(features, {
  // @ts-expect-error a number does not say whether it comes back: write included(20)
  free: { name: 'Free', items: { messages: 20 } },
})
definePlans(features, {
  // @ts-expect-error nothing is billed by the hour
  free: { name: 'Free', price: { amount: 20, interval: 'hour' }, items: {} },
})
// @ts-expect-error there is no such interval
included(5).per('fortnight')
// @ts-expect-error how long what is left is kept has to be said
included(5).per('month').rollover({ max: 5 })
// @ts-expect-error what is bought ahead has a price
included(5).prepaid({ billingUnits: 100 })
