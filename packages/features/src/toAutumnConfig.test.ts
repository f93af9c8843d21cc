import { describe, expect, it } from 'vitest'
import type { AutumnItem } from './autumnConfig.ts'
import { defineFeatures } from './defineFeatures.ts'
import { definePlans } from './definePlans.ts'
import { boolean, creditSystem, metered } from './feature.ts'
import { granted, type ItemTerms, included, unlimited } from './itemTerms.ts'
import { toAutumnConfig } from './toAutumnConfig.ts'

const features = defineFeatures({
  messages: metered({ eventNames: ['message.sent'], display: { singular: 'message', plural: 'messages' } }),
  image_gen: metered({ name: 'Images' }),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10, messages: 0.5 }),
})

/** The items of Autumn that one item of ours becomes. */
function itemsOf(featureId: keyof typeof features, terms: ItemTerms): readonly AutumnItem[] {
  // The terms are any; whether they fit the feature is looked at when the plans are defined.
  const plans = definePlans(features, { plan: { name: 'Plan', items: { [featureId]: terms } } })
  return toAutumnConfig(features, plans).plans[0]?.items ?? []
}

describe('the features', () => {
  it("are told in Autumn's words, with a name for each", () => {
    expect(toAutumnConfig(features, {}).features).toEqual([
      { id: 'messages', name: 'Messages', type: 'metered', consumable: true, eventNames: ['message.sent'] },
      { id: 'image_gen', name: 'Images', type: 'metered', consumable: true },
      { id: 'seats', name: 'Seats', type: 'metered', consumable: false },
      { id: 'sso', name: 'Sso', type: 'boolean' },
      {
        id: 'credits',
        name: 'Credits',
        type: 'credit_system',
        creditSchema: [
          { meteredFeatureId: 'image_gen', creditCost: 10 },
          { meteredFeatureId: 'messages', creditCost: 0.5 },
        ],
      },
    ])
  })
})

describe('the plans', () => {
  it('are told without what they do not have', () => {
    const plans = definePlans(features, { free: { name: 'Free', autoEnable: true, items: {} } })
    expect(toAutumnConfig(features, plans).plans).toEqual([{ id: 'free', name: 'Free', addOn: false, autoEnable: true, items: [] }])
  })

  it('are told with all that they have', () => {
    const plans = definePlans(features, {
      pro: {
        name: 'Pro',
        description: 'For one',
        group: 'main',
        price: { amount: 20, interval: 'month' },
        trial: { length: 14, unit: 'day' },
        items: { sso: granted() },
      },
      pack: { name: 'Pack', addOn: true, price: { amount: 5, interval: 'one_off' }, items: {} },
    })
    expect(toAutumnConfig(features, plans).plans).toEqual([
      {
        id: 'pro',
        name: 'Pro',
        description: 'For one',
        group: 'main',
        addOn: false,
        autoEnable: false,
        price: { amount: 20, interval: 'month' },
        items: [{ featureId: 'sso' }],
        freeTrial: { durationLength: 14, durationType: 'day', cardRequired: false },
      },
      { id: 'pack', name: 'Pack', addOn: true, autoEnable: false, price: { amount: 5, interval: 'one_off' }, items: [] },
    ])
  })

  it('survive JSON', () => {
    const plans = definePlans(features, { free: { name: 'Free', items: { messages: included(20).per('month') } } })
    const config = toAutumnConfig(features, plans)
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })
})

describe('an item', () => {
  const monthly = included(100).per('month')

  it.each<[string, keyof typeof features, ItemTerms, readonly AutumnItem[]]>([
    ['without an end', 'messages', unlimited(), [{ featureId: 'messages', unlimited: true }]],
    ['that resets', 'messages', monthly, [{ featureId: 'messages', included: 100, reset: { interval: 'month' } }]],
    [
      'that resets every seven days',
      'messages',
      included(5).per('day', 7),
      [{ featureId: 'messages', included: 5, reset: { interval: 'day', intervalCount: 7 } }],
    ],
    ['that is granted once says so', 'credits', included(5), [{ featureId: 'credits', included: 5, reset: { interval: 'one_off' } }]],
    ['that is allocated has no reset', 'seats', included(3), [{ featureId: 'seats', included: 3 }]],
    [
      'per entity',
      'messages',
      monthly.perEntity('seats'),
      [{ featureId: 'messages', included: 100, reset: { interval: 'month' }, entityFeatureId: 'seats' }],
    ],
    [
      'that keeps some of what is left',
      'messages',
      monthly.rollover({ months: 3, max: 500 }),
      [
        {
          featureId: 'messages',
          included: 100,
          reset: { interval: 'month' },
          rollover: { max: 500, expiryDurationType: 'month', expiryDurationLength: 3 },
        },
      ],
    ],
    [
      'that keeps a share for ever',
      'messages',
      monthly.rollover({ months: 'forever', maxPercentage: 50 }),
      [
        {
          featureId: 'messages',
          included: 100,
          reset: { interval: 'month' },
          rollover: { maxPercentage: 50, expiryDurationType: 'forever' },
        },
      ],
    ],
    [
      'that keeps everything names a maximum, because none would keep nothing',
      'messages',
      monthly.rollover({ months: 1 }),
      [
        {
          featureId: 'messages',
          included: 100,
          reset: { interval: 'month' },
          rollover: { max: 1e13, expiryDurationType: 'month', expiryDurationLength: 1 },
        },
      ],
    ],
    [
      'with billed overage resets when it is billed',
      'messages',
      monthly.overage({ price: 0.5, billingUnits: 100, max: 10_000 }),
      [
        {
          featureId: 'messages',
          included: 100,
          price: { amount: 0.5, billingUnits: 100, interval: 'month', billingMethod: 'usage_based', maxPurchase: 10_000 },
        },
      ],
    ],
    [
      'that is allocated and billed',
      'seats',
      included(3).overage({ price: 5 }),
      [{ featureId: 'seats', included: 3, price: { amount: 5, billingUnits: 1, interval: 'month', billingMethod: 'usage_based' } }],
    ],
    [
      'that is bought ahead at another interval than it resets',
      'credits',
      included(10).per('day').prepaid({ price: 10, billingUnits: 1_000, interval: 'month' }),
      [
        {
          featureId: 'credits',
          included: 10,
          reset: { interval: 'day' },
          price: { amount: 10, billingUnits: 1_000, interval: 'month', billingMethod: 'prepaid' },
        },
      ],
    ],
    [
      'that is bought ahead three times as often as it resets',
      'credits',
      included(10).per('month', 3).prepaid({ price: 10, interval: 'month' }),
      [
        {
          featureId: 'credits',
          included: 10,
          reset: { interval: 'month', intervalCount: 3 },
          price: { amount: 10, billingUnits: 1, interval: 'month', billingMethod: 'prepaid' },
        },
      ],
    ],
    [
      'that is bought ahead once',
      'credits',
      included(0).prepaid({ price: 5, billingUnits: 500 }),
      [{ featureId: 'credits', included: 0, price: { amount: 5, billingUnits: 500, interval: 'one_off', billingMethod: 'prepaid' } }],
    ],
    [
      'that is paid for in two ways becomes two, of which the first has what is included',
      'credits',
      monthly.rollover({ months: 1, max: 50 }).prepaid({ price: 10, billingUnits: 1_000 }).overage({ price: 1, billingUnits: 100 }),
      [
        {
          featureId: 'credits',
          included: 100,
          price: { amount: 10, billingUnits: 1_000, interval: 'month', billingMethod: 'prepaid' },
          rollover: { max: 50, expiryDurationType: 'month', expiryDurationLength: 1 },
        },
        { featureId: 'credits', included: 0, price: { amount: 1, billingUnits: 100, interval: 'month', billingMethod: 'usage_based' } },
      ],
    ],
  ])('%s', (_case, featureId, terms, items) => {
    expect(itemsOf(featureId, terms)).toEqual(items)
  })

  it('with overage that is not billed is a leave of the plan, and its end a limit', () => {
    const plans = definePlans(features, {
      free: { name: 'Free', items: { messages: monthly.overage({ max: 5 }), credits: monthly.overage() } },
      soft: { name: 'Soft', items: { messages: monthly.overage() } },
    })
    const [free, soft] = toAutumnConfig(features, plans).plans
    expect(free?.items).toEqual([
      { featureId: 'messages', included: 100, reset: { interval: 'month' } },
      { featureId: 'credits', included: 100, reset: { interval: 'month' } },
    ])
    expect(free?.billingControls).toEqual({
      overage_allowed: [
        { feature_id: 'messages', enabled: true },
        { feature_id: 'credits', enabled: true },
      ],
      spend_limits: [{ feature_id: 'messages', enabled: true, limit_type: 'absolute', overage_limit: 5 }],
    })
    expect(soft?.billingControls).toEqual({ overage_allowed: [{ feature_id: 'messages', enabled: true }] })
  })
})
