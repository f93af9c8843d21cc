import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  return () => api.close()
})

const take = (customerId: string, featureId: string, lockId: string, requiredBalance: number) =>
  api.autumn.check({ customerId, featureId, requiredBalance, lock: { lockId, enabled: true } })
const confirm = (lockId: string, overrideValue: number) => api.autumn.balances.finalize({ lockId, action: 'confirm', overrideValue })
const balance = async (customerId: string, featureId: string) => (await api.autumn.check({ customerId, featureId })).balance
const parts = async (customerId: string, featureId: string) =>
  (await balance(customerId, featureId))?.breakdown?.map(({ remaining }) => remaining)

async function declarePools(): Promise<void> {
  const metered = (featureId: string) =>
    api.autumn.features.create({ featureId, name: featureId, type: 'metered', consumable: true, eventNames: ['action'] })
  await metered('action1')
  await metered('action3')
  await api.autumn.features.create({
    featureId: 'coins',
    name: 'Coins',
    type: 'credit_system',
    creditSchema: [{ meteredFeatureId: 'action1', creditCost: 0.2 }],
  })
  await api.autumn.features.create({
    featureId: 'gems',
    name: 'Gems',
    type: 'credit_system',
    creditSchema: [{ meteredFeatureId: 'action3', creditCost: 1.4 }],
  })
  await api.autumn.customers.getOrCreate({ customerId: 'c1' })
}

const grant = (
  featureId: string,
  includedGrant: number,
  more: { readonly balanceId?: string; readonly reset?: { readonly interval: 'month' } } = {},
) => api.autumn.balances.create({ customerId: 'c1', featureId, includedGrant, ...more })

describe('balances in several cycles', () => {
  it('are spent, refilled and unwound in their order', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c1' })
    await grant('exports', 10, { balanceId: 'monthly', reset: { interval: 'month' } })
    await grant('exports', 5, { balanceId: 'once' })
    const track = (value: number) => api.autumn.track({ customerId: 'c1', featureId: 'exports', value })
    await track(12)
    expect(await parts('c1', 'exports')).toEqual([0, 3])
    await track(-4)
    expect(await parts('c1', 'exports')).toEqual([4, 3])
    await grant('exports', 5, { balanceId: 'second' })
    await take('c1', 'exports', 'l', 9)
    expect(await parts('c1', 'exports')).toEqual([0, 0, 3])
    await confirm('l', 4)
    expect(await parts('c1', 'exports')).toEqual([0, 3, 5])
  })
})

describe('an event of two features with a pool each', () => {
  it('spends each feature and then its own pool at its own cost', async () => {
    await declarePools()
    await grant('action1', 80)
    await grant('action3', 60)
    await grant('coins', 200)
    await grant('gems', 200)
    await api.autumn.track({ customerId: 'c1', eventName: 'action', value: 25.5 })
    expect([await parts('c1', 'action1'), await parts('c1', 'action3')]).toEqual([[54.5], [34.5]])
    const answer = await api.autumn.track({ customerId: 'c1', eventName: 'action', value: 70 })
    expect(answer.deductions?.map(({ featureId, value }) => [featureId, value])).toEqual([
      ['action1', 54.5],
      ['coins', 3.1],
      ['action3', 34.5],
      ['gems', 49.7],
    ])
    expect([(await balance('c1', 'coins'))?.remaining, (await balance('c1', 'gems'))?.remaining]).toEqual([196.9, 150.3])
  })
})

describe('units bought ahead beside units paid later', () => {
  it('are spent first, and the others go below zero as far as may be bought', async () => {
    const month = { interval: 'month' } as const
    await api.autumn.plans.create({
      planId: 'both',
      name: 'Both',
      group: 'both',
      items: [
        {
          featureId: 'exports',
          included: 100,
          reset: month,
          price: { amount: 1, interval: 'month', billingMethod: 'prepaid', billingUnits: 100 },
        },
        {
          featureId: 'exports',
          included: 200,
          reset: month,
          price: { amount: 1, interval: 'month', billingMethod: 'usage_based', maxPurchase: 300 },
        },
      ],
    })
    await api.autumn.customers.getOrCreate({ customerId: 'c1' })
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'both', featureQuantities: [{ featureId: 'exports', quantity: 600 }] })
    const older = await api.send('/v1/check', { customer_id: 'c1', feature_id: 'exports' }, { version: '2.0' })
    expect(older).toMatchObject({ body: { balance: { granted_balance: 300, purchased_balance: 500, current_balance: 800 } } })
    const track = async (value: number) =>
      (await api.autumn.track({ customerId: 'c1', featureId: 'exports', value })).deductions?.map((each) => each.value)
    expect(await track(600)).toEqual([600])
    expect(await parts('c1', 'exports')).toEqual([0, 200])
    expect(await track(400)).toEqual([400])
    expect(await track(200)).toEqual([100])
    expect(await balance('c1', 'exports')).toMatchObject({
      granted: 800,
      remaining: 0,
      usage: 1100,
      maxPurchase: 300,
      overageAllowed: true,
    })
  })
})

describe('a lock', () => {
  it('on carried-over units gives back what was taken last', async () => {
    await api.autumn.plans.create({
      planId: 'saver',
      name: 'Saver',
      group: 'saver',
      items: [
        {
          featureId: 'exports',
          included: 100,
          reset: { interval: 'month' },
          rollover: { expiryDurationType: 'month', expiryDurationLength: 6 },
        },
      ],
    })
    await customerWith(api, 'c1', 'saver')
    for (let month = 0; month < 2; month++) {
      api.clock.now = (await balance('c1', 'exports'))?.nextResetAt ?? 0
      await api.autumn.track({ customerId: 'c1', featureId: 'exports', value: 0 })
    }
    expect((await balance('c1', 'exports'))?.remaining).toBe(300)
    expect((await take('c1', 'exports', 'l', 250)).balance?.remaining).toBe(50)
    await confirm('l', 80)
    expect(await balance('c1', 'exports')).toMatchObject({
      remaining: 220,
      rollovers: [{ balance: 20 }, { balance: 100 }],
      breakdown: [{ remaining: 100 }],
    })
  })

  it.each([
    [57, 173],
    [63, 167],
  ])('over a change of plan, confirmed for %s, leaves %s', async (used, remaining) => {
    const plan = (planId: string, included: number) =>
      api.autumn.plans.create({
        planId,
        name: planId,
        group: 'tiers',
        items: [{ featureId: 'exports', included, reset: { interval: 'month' } }],
      })
    await plan('small', 50)
    await plan('large', 80)
    await customerWith(api, 'c1', 'small')
    await grant('exports', 100, { balanceId: 'lifetime' })
    await take('c1', 'exports', 'l', 60)
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'large' })
    await confirm('l', used)
    expect((await balance('c1', 'exports'))?.remaining).toBe(remaining)
  })
})

describe('many at once', () => {
  it('admit exactly what there is', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c1' })
    await grant('exports', 200)
    const ask = () => api.autumn.check({ customerId: 'c1', featureId: 'exports', requiredBalance: 2, sendEvent: true })
    const answers = await Promise.all(Array.from({ length: 150 }, ask))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(100)
    expect((await balance('c1', 'exports'))?.remaining).toBe(0)
  })

  it('lock and confirm over a feature and its pool, and the totals are exact', async () => {
    await declarePools()
    await grant('action1', 1_000)
    await grant('coins', 2_000)
    const pair = async (index: number): Promise<void> => {
      const { allowed } = await take('c1', 'action1', `l${index}`, 10)
      expect(allowed).toBe(true)
      await confirm(`l${index}`, 7)
    }
    await Promise.all(Array.from({ length: 500 }, (_, index) => pair(index)))
    const { balances } = await api.autumn.track({ customerId: 'c1', featureId: 'action1', value: 0 })
    const direct = balances?.['action1']?.usage ?? 0
    const coins = balances?.['coins']?.usage ?? 0
    expect(direct + coins / 0.2).toBeCloseTo(3_500, 9)
  })
})
