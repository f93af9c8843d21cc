import { describe, expect, it } from 'vitest'
import type { BalanceAccess, BooleanAccess, CustomerAccess } from './access.ts'
import { type Affordance, affords } from './affords.ts'
import { defineFeatures } from './defineFeatures.ts'
import { boolean, creditSystem, metered } from './feature.ts'

const features = defineFeatures({
  images: metered(),
  sso: boolean(),
  credits: creditSystem({ images: 10 }),
  wallet: creditSystem({ images: 0.2 }),
})

const RESETS_AT = 1_767_225_600_000

function balance(featureId: string, remaining: number, more: Partial<BalanceAccess> = {}): BalanceAccess {
  const type = featureId === 'images' ? 'metered' : 'credit_system'
  const nothing = { used: 0, held: 0, unlimited: false, overageLeft: 0, usageLimitLeft: 'unlimited', resetsAt: RESETS_AT } as const
  return { featureId, type, granted: remaining, remaining, ...nothing, ...more }
}

function access(...held: readonly (BalanceAccess | BooleanAccess)[]): CustomerAccess {
  return {
    customerId: 'ada',
    entityId: null,
    version: 1,
    at: 0,
    features: Object.fromEntries(held.map((each) => [each.featureId, each])),
    plans: [],
  }
}

const asked = (units: number, ...held: readonly (BalanceAccess | BooleanAccess)[]): Affordance =>
  affords(features, access(...held), 'images', units)

describe('a balance of its own', () => {
  it('pays down to zero and no further', () => {
    expect(asked(10, balance('images', 10))).toEqual({
      allowed: true,
      featureId: 'images',
      poolId: 'images',
      required: 10,
      remaining: 10,
      resetsAt: RESETS_AT,
      payers: [{ poolId: 'images', units: 10, amount: 10 }],
      unitsLeft: 10,
    })
    expect(asked(10.0001, balance('images', 10))).toEqual({
      allowed: false,
      reason: 'limit_reached',
      featureId: 'images',
      poolId: 'images',
      required: 10.0001,
      remaining: 10,
      resetsAt: RESETS_AT,
      payers: [],
      unitsLeft: 10,
    })
  })

  it('is asked for one unit unless told otherwise', () => {
    expect(affords(features, access(balance('images', 1)), 'images').allowed).toBe(true)
    expect(affords(features, access(balance('images', 0.9)), 'images').allowed).toBe(false)
  })

  it('allows zero units when nothing is left, because the plan has the feature', () => {
    expect(asked(0, balance('images', 0))).toMatchObject({ allowed: true, poolId: 'images', required: 0, payers: [], unitsLeft: 0 })
  })

  it('may be overdrawn as far as its plan says', () => {
    expect(asked(8, balance('images', 5, { overageLeft: 3 }))).toMatchObject({ allowed: true, unitsLeft: 8, payers: [{ amount: 8 }] })
    expect(asked(8.5, balance('images', 5, { overageLeft: 3 }))).toMatchObject({
      allowed: false,
      required: 8.5,
      remaining: 5,
      unitsLeft: 8,
    })
    expect(asked(1e13, balance('images', 0, { overageLeft: 'unlimited' }))).toMatchObject({ allowed: true, unitsLeft: 'unlimited' })
  })

  it('without an end pays for everything', () => {
    expect(asked(1e9, balance('images', 0, { unlimited: true }))).toMatchObject({
      allowed: true,
      poolId: 'images',
      remaining: 'unlimited',
      unitsLeft: 'unlimited',
      payers: [{ poolId: 'images', units: 1e9, amount: 1e9 }],
    })
  })
})

describe('a pool', () => {
  it('pays at its cost, in credits', () => {
    expect(asked(3, balance('credits', 30))).toMatchObject({
      allowed: true,
      poolId: 'credits',
      required: 30,
      remaining: 30,
      payers: [{ poolId: 'credits', units: 3, amount: 30 }],
      unitsLeft: 3,
    })
    expect(asked(4, balance('credits', 30))).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      featureId: 'images',
      poolId: 'credits',
      required: 40,
      remaining: 30,
      unitsLeft: 3,
    })
  })

  it('adds up with the balance of the feature itself, which pays first', () => {
    expect(asked(5, balance('images', 2), balance('credits', 30))).toMatchObject({
      allowed: true,
      poolId: 'credits',
      required: 30,
      payers: [
        { poolId: 'images', units: 2, amount: 2 },
        { poolId: 'credits', units: 3, amount: 30 },
      ],
      unitsLeft: 5,
    })
    expect(asked(1, balance('images', 2), balance('credits', 30)).payers).toEqual([{ poolId: 'images', units: 1, amount: 1 }])
  })

  it('adds up with the other pools, in the order of the registry', () => {
    const answer = asked(6, balance('wallet', 1), balance('credits', 25), balance('images', 1))
    expect(answer).toMatchObject({
      allowed: true,
      poolId: 'wallet',
      payers: [
        { poolId: 'images', units: 1, amount: 1 },
        { poolId: 'credits', units: 2.5, amount: 25 },
        { poolId: 'wallet', units: 2.5, amount: 0.5 },
      ],
      unitsLeft: 8.5,
    })
  })

  it('that is the last in line is told as the one that was short, with what it would have paid', () => {
    expect(asked(5, balance('images', 2), balance('credits', 5))).toMatchObject({
      allowed: false,
      poolId: 'credits',
      required: 30,
      remaining: 5,
      unitsLeft: 2.5,
    })
  })

  it('without an end comes before balances that have one', () => {
    expect(asked(5, balance('images', 2), balance('credits', 0, { unlimited: true })).payers).toEqual([
      { poolId: 'credits', units: 5, amount: 50 },
    ])
  })

  it('is overdrawn only when every balance is empty', () => {
    expect(asked(5, balance('images', 1, { overageLeft: 9 }), balance('credits', 20)).payers).toEqual([
      { poolId: 'images', units: 3, amount: 3 },
      { poolId: 'credits', units: 2, amount: 20 },
    ])
  })

  it('can be asked for itself, in credits', () => {
    expect(affords(features, access(balance('credits', 30)), 'credits', 30)).toMatchObject({
      allowed: true,
      poolId: 'credits',
      unitsLeft: 30,
    })
  })

  it('pays a part that has no end as a decimal, and leaves the exact rest to the next', () => {
    const shop = defineFeatures({ images: metered(), thirds: creditSystem({ images: 3 }), more: creditSystem({ images: 3 }) })
    // 1 credit is 1/3 of a unit, and 2 credits are the other 2/3: together exactly one.
    expect(affords(shop, access(balance('thirds', 1), balance('more', 2)), 'images', 1)).toMatchObject({
      allowed: true,
      payers: [
        { poolId: 'thirds', units: 0.3333333333, amount: 1 },
        { poolId: 'more', units: 0.6666666666, amount: 2 },
      ],
      unitsLeft: 1,
    })
    expect(affords(shop, access(balance('thirds', 1), balance('more', 1.9999999999)), 'images', 1).allowed).toBe(false)
  })
})

describe('a limit on usage', () => {
  it('holds over all balances together', () => {
    expect(asked(3, balance('images', 2, { usageLimitLeft: 3 }), balance('credits', 100))).toMatchObject({ allowed: true, unitsLeft: 3 })
    expect(asked(4, balance('images', 2, { usageLimitLeft: 3 }), balance('credits', 100))).toEqual({
      allowed: false,
      reason: 'usage_limit_reached',
      featureId: 'images',
      poolId: 'images',
      required: 4,
      remaining: 3,
      resetsAt: null,
      payers: [],
      unitsLeft: 3,
    })
  })

  it('holds for what has no end', () => {
    expect(asked(4, balance('images', 0, { unlimited: true, usageLimitLeft: 3 }))).toMatchObject({
      allowed: false,
      reason: 'usage_limit_reached',
      unitsLeft: 3,
    })
  })

  it('holds for what is overdrawn', () => {
    const overdrawable = balance('images', 2, { overageLeft: 20, usageLimitLeft: 5 })
    expect(asked(5, overdrawable)).toMatchObject({ allowed: true, unitsLeft: 5 })
    expect(asked(6, overdrawable, balance('credits', 100))).toMatchObject({ allowed: false, reason: 'usage_limit_reached' })
    expect(asked(1, balance('credits', 2, { overageLeft: 20, usageLimitLeft: 5 }))).toMatchObject({ allowed: false, unitsLeft: 0.5 })
  })

  it('of a pool holds for that pool', () => {
    const held = [balance('images', 2), balance('credits', 100, { usageLimitLeft: 10 })]
    expect(asked(3, ...held)).toMatchObject({ allowed: true, unitsLeft: 3 })
    expect(asked(4, ...held)).toMatchObject({ allowed: false, unitsLeft: 3, poolId: 'credits', required: 20 })
  })
})

describe('a customer whose plans lack the feature', () => {
  it('is told so, for any number of units', () => {
    for (const units of [0, 1]) {
      expect(asked(units)).toEqual({
        allowed: false,
        reason: 'feature_not_in_plan',
        featureId: 'images',
        poolId: null,
        required: units,
        remaining: 0,
        resetsAt: null,
        payers: [],
        unitsLeft: 0,
      })
    }
  })

  it('is not given what every object has', () => {
    expect(affords(features, access(), 'constructor' as 'images').allowed).toBe(false)
  })
})

describe('a boolean feature', () => {
  const sso = (granted: boolean): Affordance => affords(features, access({ featureId: 'sso', type: 'boolean', granted }), 'sso', 5)

  it('is granted or not, whatever the units', () => {
    expect(sso(true)).toMatchObject({ allowed: true, poolId: null, payers: [], unitsLeft: 'unlimited' })
    expect(sso(false)).toMatchObject({ allowed: false, reason: 'feature_not_in_plan', unitsLeft: 0 })
    expect(affords(features, access(), 'sso')).toMatchObject({ allowed: false, reason: 'feature_not_in_plan' })
  })
})

describe('units', () => {
  it('are told apart from what adding doubles leaves behind', () => {
    expect(asked(0.1 + 0.2, balance('images', 0.3)).allowed).toBe(true)
    expect(asked(3, balance('wallet', 0.6000000000000001)).allowed).toBe(true)
    expect(asked(0.30001, balance('images', 0.1 + 0.2)).allowed).toBe(false)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e14])('that are %s are refused', (units) => {
    const sentence = `affords() was asked for ${units} units: ask for a number from 0 to 10,000,000,000,000`
    expect(() => asked(units, balance('images', 1))).toThrow(new RangeError(sentence))
  })
})
