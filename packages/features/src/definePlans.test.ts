import { describe, expect, it } from 'vitest'
import { defineFeatures } from './defineFeatures.ts'
import { definePlans } from './definePlans.ts'
import { boolean, creditSystem, type Features, metered } from './feature.ts'
import { granted, included, unlimited } from './itemTerms.ts'
import type { PlanItem } from './planItem.ts'
import { RegistryError } from './registryError.ts'

const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  seats: metered({ consumable: false }),
  rooms: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})

/** Declares what the compiler would refuse, as plain JavaScript can. */
const declare = (plans: unknown): Record<string, { items: readonly PlanItem[] }> => definePlans(features as Features, plans as never)
const item = (featureId: string, terms: unknown, plan: object = {}): PlanItem | undefined =>
  declare({ plan: { name: 'Plan', ...plan, items: { [featureId]: terms } } })['plan']?.items[0]

describe('plans', () => {
  it('are plain data with every default filled in', () => {
    const plans = definePlans(features, { free: { name: 'Free', items: { messages: included(20), sso: granted(), credits: unlimited() } } })
    expect({ ...plans }).toEqual({
      free: {
        id: 'free',
        name: 'Free',
        description: null,
        group: '',
        addOn: false,
        autoEnable: false,
        price: null,
        trial: null,
        items: [
          {
            featureId: 'messages',
            kind: 'included',
            included: 20,
            interval: null,
            rollover: null,
            perEntity: null,
            overage: null,
            prepaid: null,
          },
          { featureId: 'sso', kind: 'granted' },
          { featureId: 'credits', kind: 'unlimited' },
        ],
      },
    })
  })

  it('say what was declared', () => {
    const { team } = definePlans(features, {
      team: {
        name: 'Team',
        description: 'For teams',
        group: 'main',
        addOn: true,
        price: { amount: 200, interval: 'year' },
        trial: { length: 14, unit: 'day', cardRequired: true },
        items: {},
      },
    })
    expect(team).toEqual({
      id: 'team',
      name: 'Team',
      description: 'For teams',
      group: 'main',
      addOn: true,
      autoEnable: false,
      price: { amount: 200, interval: { unit: 'year', count: 1 } },
      trial: { length: 14, unit: 'day', cardRequired: true },
      items: [],
    })
  })

  it('survive JSON', () => {
    const plans = definePlans(features, { free: { name: 'Free', items: { messages: included(20).per('month').overage() } } })
    expect(JSON.parse(JSON.stringify(plans))).toEqual({ ...plans })
  })

  it('cannot be changed, at any depth', () => {
    const { free } = definePlans(features, { free: { name: 'Free', items: { messages: included(20).per('month') } } })
    expect(() => Object.assign(free, { autoEnable: true })).toThrow(TypeError)
    expect(() => Object.assign(free.items[0] ?? {}, { included: 1e9 })).toThrow(TypeError)
  })

  it('answer an id that came from outside with what was declared, and nothing else', () => {
    const plans: Readonly<Record<string, unknown>> = definePlans(features, { free: { name: 'Free', items: {} } })
    for (const id of ['constructor', '__proto__', 'nope']) expect(plans[id]).toBeUndefined()
  })

  it('may be given to everybody once per group, and any number of times as add-ons', () => {
    const everybody = { name: 'Plan', autoEnable: true, items: {} }
    const plans = { a: everybody, b: { ...everybody, group: 'b' }, c: { ...everybody, addOn: true }, d: { ...everybody, addOn: true } }
    expect(Object.keys(definePlans(features, plans))).toHaveLength(4)
  })

  it('may give to everybody what costs nothing', () => {
    const items = { messages: included(20).per('month').overage({ max: 5 }) }
    expect(
      definePlans(features, { free: { name: 'Free', autoEnable: true, trial: { length: 1, unit: 'month' }, items } }).free.autoEnable,
    ).toBe(true)
  })
})

describe('an item', () => {
  it('is granted once until it is told an interval', () => {
    expect(item('messages', included(5))).toMatchObject({ interval: null })
    expect(item('messages', included(5).per('month'))).toMatchObject({ interval: { unit: 'month', count: 1 } })
    expect(item('messages', included(5).per('day', 7))).toMatchObject({ interval: { unit: 'day', count: 7 } })
  })

  it('keeps what is left as far as it is told', () => {
    const monthly = included(100).per('month')
    expect(item('messages', monthly.rollover({ months: 'forever' }))).toMatchObject({
      rollover: { months: 'forever', cap: { kind: 'none' } },
    })
    expect(item('messages', monthly.rollover({ months: 3, max: 500 }))).toMatchObject({
      rollover: { months: 3, cap: { kind: 'units', units: 500 } },
    })
    expect(item('messages', monthly.rollover({ months: 1, maxPercentage: 50 }))).toMatchObject({
      rollover: { months: 1, cap: { kind: 'percentage', percentage: 50 } },
    })
  })

  it('is granted per entity of an allocated feature', () => {
    expect(item('messages', included(5).perEntity('seats'))).toMatchObject({ perEntity: 'seats' })
    expect(item('rooms', included(5).perEntity('seats'))).toMatchObject({ perEntity: 'seats' })
  })

  it('leaves the terms that it was made from alone', () => {
    const terms = included(5)
    terms.per('month').rollover({ months: 1 })
    terms.overage()
    expect(item('messages', terms)).toEqual(item('messages', included(5)))
  })

  it('may be overdrawn, without an end or up to a number', () => {
    expect(item('messages', included(5).overage())).toMatchObject({ overage: { price: null, max: 'unlimited' } })
    expect(item('messages', included(5).overage({ max: 3 }))).toMatchObject({ overage: { price: null, max: 3 } })
  })

  it('is billed for overage at its resets', () => {
    const terms = included(5).per('week', 2).overage({ price: 0.5, billingUnits: 100, max: 1_000 })
    expect(item('messages', terms)).toMatchObject({
      overage: { price: { amount: 0.5, billingUnits: 100, interval: { unit: 'week', count: 2 } }, max: 1_000 },
    })
  })

  it('is billed with the plan when it is allocated, else with the month', () => {
    const yearly = { price: { amount: 100, interval: 'year' } }
    const overage = { price: { amount: 5, billingUnits: 1 } }
    expect(item('seats', included(3).overage({ price: 5 }), yearly)).toMatchObject({
      overage: { price: { ...overage.price, interval: { unit: 'year', count: 1 } } },
    })
    expect(item('seats', included(3).overage({ price: 5 }))).toMatchObject({
      overage: { price: { ...overage.price, interval: { unit: 'month', count: 1 } } },
    })
    expect(item('seats', included(3).prepaid({ price: 5 }), yearly)).toMatchObject({ prepaid: { interval: { unit: 'year', count: 1 } } })
  })

  it('is bought ahead with its resets, once without them, or as it is told', () => {
    const pack = { price: 10, billingUnits: 1_000 }
    expect(item('credits', included(0).prepaid(pack))).toMatchObject({ prepaid: { amount: 10, billingUnits: 1_000, interval: null } })
    expect(item('credits', included(0).per('month').prepaid(pack))).toMatchObject({ prepaid: { interval: { unit: 'month', count: 1 } } })
    expect(item('credits', included(0).per('day').prepaid(pack))).toMatchObject({ prepaid: { interval: null } })
    expect(
      item(
        'credits',
        included(0)
          .per('day')
          .prepaid({ ...pack, interval: 'month' }),
      ),
    ).toMatchObject({
      prepaid: { interval: { unit: 'month', count: 1 } },
    })
    expect(
      item(
        'credits',
        included(0)
          .per('month')
          .prepaid({ ...pack, interval: 'one_off' }),
      ),
    ).toMatchObject({ prepaid: { interval: null } })
  })
})

describe('terms that cannot be are refused where they are written:', () => {
  const loose: {
    per(...args: unknown[]): typeof loose
    rollover(t: unknown): unknown
    overage(t: unknown): unknown
    prepaid(t: unknown): unknown
  } = included(5) as never

  it.each<[string, () => unknown, RegExp]>([
    ['a negative amount', () => included(-1), /^included\(units\) is -1: give a number from 0 to/],
    ['NaN', () => included(Number.NaN), /^included\(units\) is NaN: give a number/],
    ['infinity', () => included(Number.POSITIVE_INFINITY), /^included\(units\) is Infinity: give a number/],
    ['an amount above 10¹³', () => included(1e13 + 1), /^included\(units\) is 10000000000001: give a number/],
    ['too many decimal places', () => included(0.1 + 0.2), /with at most ten decimal places$/],
    ['an amount that is text', () => included('5' as never), /^included\(units\) is '5': give a number/],
    [
      'an unknown interval',
      () => loose.per('fortnight'),
      /^\.per\(interval\) is 'fortnight': give one of 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'semi_annual', 'year'$/,
    ],
    ['half an interval', () => loose.per('month', 0.5), /^\.per\(interval, count\) is 0\.5: give a whole number from 1$/],
    ['no interval', () => loose.per('month', 0), /^\.per\(interval, count\) is 0: give a whole number/],
    [
      'a rollover without resets',
      () => loose.rollover({ months: 1 }),
      /^only units that come back can be kept: write \.per\('month'\) before/,
    ],
    [
      'a rollover of unknown length',
      () => loose.per('month').rollover({ max: 5 }),
      /^\.rollover\(\{ months \}\), .* is undefined: give a whole number/,
    ],
    ['two caps', () => loose.per('month').rollover({ months: 1, max: 5, maxPercentage: 5 }), /takes max or maxPercentage, not both/],
    [
      'a cap of 101 per cent',
      () => loose.per('month').rollover({ months: 1, maxPercentage: 101 }),
      /is 101: give a percentage above 0, up to 100$/,
    ],
    [
      'a misspelt word',
      () => loose.overage({ limit: 5 }),
      /^\.overage\(\) is given 'limit', which it does not know: it takes price, billingUnits, max$/,
    ],
    ['a price of nothing', () => loose.overage({ price: 0 }), /^\.overage\(\{ price \}\) is 0: give a number above 0/],
    [
      'a group of nothing',
      () => loose.prepaid({ price: 1, billingUnits: 0 }),
      /^\.prepaid\(\{ billingUnits \}\) is 0: give a number above 0/,
    ],
    ['no price for what is bought', () => loose.prepaid({}), /^\.prepaid\(\{ price \}\) is undefined: give a number above 0/],
    ['no terms for what is bought', () => loose.prepaid(undefined), /^\.prepaid\(\) is given undefined: give an object with price, /],
    [
      'a billing by the hour',
      () => loose.prepaid({ price: 1, interval: 'hour' }),
      /^\.prepaid\(\{ interval \}\) is 'hour': give one of 'week', /,
    ],
  ])('%s', (_case, write, sentence) => {
    expect(write).toThrow(RegistryError)
    expect(write).toThrow(sentence)
  })

  it('takes the largest and the smallest amount', () => {
    expect(item('messages', included(1e13))).toMatchObject({ included: 1e13 })
    expect(item('messages', included(1e-10))).toMatchObject({ included: 1e-10 })
    expect(item('messages', included(0))).toMatchObject({ included: 0 })
  })
})

describe('plans that cannot work are refused with a sentence:', () => {
  const plan = { name: 'Plan', items: {} }

  it.each<[string, unknown, string]>([
    ['no object', null, 'definePlans() is null: write an object with ids as its keys'],
    ['an id with a space', { 'pro plan': plan }, "'pro plan' is no plan id: use letters, digits, _ and - only, as in 'image_gen'"],
    [
      'a plan that is text',
      { pro: 'Pro' },
      "plan 'pro' is given 'Pro': give an object with name, description, group, addOn, autoEnable, price, trial, items",
    ],
    [
      'a misspelt word',
      { pro: { ...plan, nmae: 'Pro' } },
      "plan 'pro' is given 'nmae', which it does not know: it takes name, description, group, addOn, autoEnable, price, trial, items",
    ],
    ['no name', { pro: { items: {} } }, "the name of plan 'pro' is undefined: give a text that is not empty"],
    ['an empty name', { pro: { ...plan, name: '' } }, "the name of plan 'pro' is '': give a text that is not empty"],
    ['a group that is a number', { pro: { ...plan, group: 1 } }, "the group of plan 'pro' is 1: give a text"],
    ['no items', { pro: { name: 'Pro' } }, "items of plan 'pro' is undefined: write an object with ids as its keys"],
    [
      'a price without an amount',
      { pro: { ...plan, price: { interval: 'month' } } },
      "the amount of the price of plan 'pro' (a free plan has no price) is undefined: give a number above 0, up to 10,000,000,000,000, with at most ten decimal places",
    ],
    [
      'a price of nothing',
      { pro: { ...plan, price: { amount: 0, interval: 'month' } } },
      "the amount of the price of plan 'pro' (a free plan has no price) is 0: give a number above 0, up to 10,000,000,000,000, with at most ten decimal places",
    ],
    [
      'a price by the day',
      { pro: { ...plan, price: { amount: 1, interval: 'day' } } },
      "the interval of the price of plan 'pro' is 'day': give one of 'week', 'month', 'quarter', 'semi_annual', 'year', 'one_off'",
    ],
    [
      'a trial without an end',
      { pro: { ...plan, trial: { length: 0, unit: 'day' } } },
      "the length of the trial of plan 'pro' is 0: give a whole number from 1",
    ],
    [
      'a trial by the week',
      { pro: { ...plan, trial: { length: 2, unit: 'week' } } },
      "the unit of the trial of plan 'pro' is 'week': give one of 'day', 'month', 'year'",
    ],
    [
      'a plan for everybody with a price',
      { pro: { ...plan, autoEnable: true, price: { amount: 1, interval: 'month' } } },
      "plan 'pro' has autoEnable, which gives it to every new customer, so it cannot have a price: drop one of the two",
    ],
    [
      'a plan for everybody with a priced item',
      { pro: { ...plan, autoEnable: true, items: { messages: included(5).per('month').overage({ price: 1 }) } } },
      "plan 'pro' has autoEnable, which gives it to every new customer, so its 'messages' cannot have a price: drop one of the two",
    ],
    [
      'a plan for everybody with something to buy',
      { pro: { ...plan, autoEnable: true, items: { credits: included(5).prepaid({ price: 1 }) } } },
      "plan 'pro' has autoEnable, which gives it to every new customer, so its 'credits' cannot have a price: drop one of the two",
    ],
    [
      'a trial for everybody that needs a card',
      { pro: { ...plan, autoEnable: true, trial: { length: 1, unit: 'day', cardRequired: true } } },
      "plan 'pro' has autoEnable, and a new customer has no card yet: drop cardRequired from its trial",
    ],
    [
      'two plans for everybody in the group without a name',
      { free: { ...plan, autoEnable: true }, basic: { ...plan, autoEnable: true } },
      "plans 'free' and 'basic' both have autoEnable in the group without a name, where a customer holds one: drop one of the two, or give them groups",
    ],
    [
      'two plans for everybody in one group',
      { free: { ...plan, autoEnable: true, group: 'main' }, basic: { ...plan, autoEnable: true, group: 'main' } },
      "plans 'free' and 'basic' both have autoEnable in group 'main', where a customer holds one: drop one of the two, or give them groups",
    ],
  ])('%s', (_case, plans, sentence) => {
    expect(() => declare(plans)).toThrow(new RegistryError(sentence))
  })

  it.each<[string, string, unknown, string]>([
    ['an unknown feature', 'nope', included(5), "there is no feature 'nope': name one of messages, image_gen, seats, rooms, sso, credits"],
    [
      'a feature that every object has',
      'constructor',
      granted(),
      "there is no feature 'constructor': name one of messages, image_gen, seats, rooms, sso, credits",
    ],
    ['a number', 'messages', 20, 'it is given 20: write included(n), unlimited() or granted()'],
    ['terms that were not called', 'messages', unlimited, 'it is given a function: write included(n), unlimited() or granted()'],
    ['terms of another make', 'messages', { kind: 'included' }, 'it is given an object: write included(n), unlimited() or granted()'],
    ['an amount for a boolean', 'sso', included(5), 'it is a boolean feature, which has no amount: write granted()'],
    ['no end to a boolean', 'sso', unlimited(), 'it is a boolean feature, which has no amount: write granted()'],
    [
      'a metered feature without an amount',
      'messages',
      granted(),
      'it is a metered feature: say how much, with included(n) or unlimited()',
    ],
    ['a pool without an amount', 'credits', granted(), 'it is a credit system: say how much, with included(n) or unlimited()'],
    [
      'allocated units that come back',
      'seats',
      included(3).per('month'),
      'it is allocated (consumable: false): its units come back when they are given up, so drop .per()',
    ],
    [
      'entities of a consumable',
      'messages',
      included(3).perEntity('image_gen'),
      ".perEntity('image_gen') needs another feature that is allocated, with consumable: false",
    ],
    [
      'entities of a boolean',
      'messages',
      included(3).perEntity('sso'),
      ".perEntity('sso') needs another feature that is allocated, with consumable: false",
    ],
    [
      'entities of nothing',
      'messages',
      included(3).perEntity('nope'),
      ".perEntity('nope') needs another feature that is allocated, with consumable: false",
    ],
    [
      'entities of itself',
      'seats',
      included(3).perEntity('seats'),
      ".perEntity('seats') needs another feature that is allocated, with consumable: false",
    ],
    [
      'overage that is never billed',
      'messages',
      included(3).overage({ price: 1 }),
      'its overage is billed at each reset, and it never resets: let it reset by the week or longer, or drop the price',
    ],
    [
      'overage that would be billed by the day',
      'messages',
      included(3).per('day').overage({ price: 1 }),
      'its overage is billed at each reset, and it resets by the day, which is too short to bill: let it reset by the week or longer, or drop the price',
    ],
  ])('an item with %s', (_case, featureId, terms, sentence) => {
    expect(() => item(featureId, terms)).toThrow(new RegistryError(`'${featureId}' in plan 'plan': ${sentence}`))
  })
})
