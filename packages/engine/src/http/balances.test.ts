import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const balance = async (featureId: string) => (await api.autumn.check({ customerId: 'c1', featureId })).balance

describe('balances.update', () => {
  it('sets what remains, or what was used', async () => {
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', remaining: 9 })
    expect(await balance('messages')).toMatchObject({ granted: 10, remaining: 9, usage: 1 })
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', usage: 4 })
    expect(await balance('messages')).toMatchObject({ granted: 10, remaining: 6, usage: 4 })
  })

  it('adds to what remains', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 5 })
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', addToBalance: 2 })
    expect((await balance('messages'))?.remaining).toBe(7)
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', addToBalance: -3 })
    expect((await balance('messages'))?.remaining).toBe(4)
  })

  it('sets what is granted', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 5 })
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', includedGrant: 20 })
    expect(await balance('messages')).toMatchObject({ granted: 20, remaining: 15, usage: 5 })
  })

  it('takes one number at a time', async () => {
    const body = { customer_id: 'c1', feature_id: 'messages', remaining: 1, usage: 1 }
    expect(await api.send('/v1/balances.update', body)).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
  })

  it('does not find a balance that the customer does not have', async () => {
    const body = { customer_id: 'c1', feature_id: 'exports', remaining: 1 }
    expect(await api.send('/v1/balances.update', body)).toMatchObject({ status: 404, body: { code: 'balance_not_found' } })
  })
})

describe('balances.create', () => {
  it('grants units that belong to no plan', async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'exports', includedGrant: 7, balanceId: 'gift' })
    expect((await balance('exports'))?.breakdown).toMatchObject([
      { id: 'gift', planId: null, includedGrant: 7, remaining: 7, reset: { interval: 'one_off', resetsAt: null } },
    ])
  })

  it('grants without a limit, with a cycle, and for a time', async () => {
    const expiresAt = api.clock.now + 1_000
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'exports', unlimited: true, expiresAt })
    expect(await balance('exports')).toMatchObject({ unlimited: true })
    api.clock.now = expiresAt
    expect(await balance('exports')).toBeNull()
    await api.autumn.balances.create({
      customerId: 'c1',
      featureId: 'exports',
      includedGrant: 3,
      reset: { interval: 'day', intervalCount: 2 },
    })
    expect((await balance('exports'))?.breakdown?.[0]?.reset).toMatchObject({
      interval: 'day',
      intervalCount: 2,
      resetsAt: expiresAt + 2 * 86_400_000,
    })
  })

  it('refuses a second balance of the same id, and a second grant of a flag', async () => {
    const again = { customer_id: 'c1', feature_id: 'exports', included_grant: 1, balance_id: 'gift' }
    await api.send('/v1/balances.create', again)
    expect(await api.send('/v1/balances.create', again)).toMatchObject({ status: 409 })
    expect(await api.send('/v1/balances.create', { customer_id: 'c1', feature_id: 'premium' })).toMatchObject({ status: 409 })
  })
})

describe('balances.delete', () => {
  it('takes a balance away, by its id or by its feature', async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'messages', includedGrant: 7, balanceId: 'gift' })
    await api.autumn.balances.delete({ customerId: 'c1', balanceId: 'gift' })
    expect(await balance('messages')).toMatchObject({ granted: 10 })
    await api.autumn.balances.delete({ customerId: 'c1', featureId: 'messages' })
    expect(await balance('messages')).toBeNull()
  })

  it('says so when it cannot make other balances pay', async () => {
    const body = { customer_id: 'c1', feature_id: 'messages', recalculate_balances: true }
    expect(await api.send('/v1/balances.delete', body)).toMatchObject({ status: 400, body: { code: 'not_offered' } })
  })
})

describe('a limit', () => {
  it('on usage in a window denies more, lets overflow through, and ends with the window', async () => {
    await api.autumn.customers.update({
      customerId: 'c1',
      billingControls: { usageLimits: [{ featureId: 'messages', limit: 5, interval: 'day', anchor: 'utc' }] },
    })
    const track = (value: number, overageBehavior: 'cap' | 'overflow' = 'cap') =>
      api.autumn.track({ customerId: 'c1', featureId: 'messages', value, overageBehavior })
    await track(3)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 3 })).allowed).toBe(false)
    expect((await track(3)).deductions).toMatchObject([{ value: 2 }])
    expect((await track(2)).deductions).toEqual([])
    expect((await track(1, 'overflow')).deductions).toMatchObject([{ value: 1 }])
    const { billingControls } = await api.autumn.customers.get({ customerId: 'c1' })
    expect(billingControls.usageLimits).toMatchObject([{ featureId: 'messages', limit: 5, usage: 6 }])
    api.clock.now += 86_400_000
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 4 })).allowed).toBe(true)
  })

  it('on spending lets a balance go below zero as far as it says', async () => {
    await api.autumn.features.create({ featureId: 'calls', name: 'Calls', type: 'metered', consumable: true })
    await api.autumn.plans.create({
      planId: 'paygo',
      name: 'Pay as you go',
      group: 'paygo',
      items: [
        {
          featureId: 'calls',
          included: 100,
          reset: { interval: 'month' },
          price: { amount: 1, interval: 'month', billingMethod: 'usage_based' },
        },
      ],
    })
    await customerWith(api, 'p', 'paygo')
    await api.autumn.customers.update({
      customerId: 'p',
      billingControls: { spendLimits: [{ featureId: 'calls', enabled: true, overageLimit: 25 }] },
    })
    await api.autumn.track({ customerId: 'p', featureId: 'calls', value: 120 })
    const ask = (requiredBalance: number) => api.autumn.check({ customerId: 'p', featureId: 'calls', requiredBalance })
    expect(await ask(5)).toMatchObject({ allowed: true, balance: { overageAllowed: true, granted: 100, remaining: 0, usage: 120 } })
    expect((await ask(6)).allowed).toBe(false)
    const over = await api.autumn.track({ customerId: 'p', featureId: 'calls', value: 10, overageBehavior: 'overflow' })
    expect(over.balance?.usage).toBe(125)
  })

  it('on a paid-later item is its most that may be bought', async () => {
    await api.autumn.features.create({ featureId: 'calls', name: 'Calls', type: 'metered', consumable: true })
    await api.autumn.plans.create({
      planId: 'paygo',
      name: 'Pay as you go',
      group: 'paygo',
      items: [
        {
          featureId: 'calls',
          included: 5,
          reset: { interval: 'month' },
          price: { amount: 1, interval: 'month', billingMethod: 'usage_based', maxPurchase: 5 },
        },
      ],
    })
    await customerWith(api, 'p', 'paygo')
    const reject = () => api.send('/v1/balances.track', { customer_id: 'p', feature_id: 'calls', value: 3, overage_behavior: 'reject' })
    const answers = await Promise.all(Array.from({ length: 5 }, reject))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect((await api.autumn.check({ customerId: 'p', featureId: 'calls' })).balance).toMatchObject({
      granted: 5,
      remaining: 0,
      usage: 9,
      maxPurchase: 5,
    })
  })

  it('of units bought ahead counts whole packs beyond what is included', async () => {
    await api.autumn.plans.create({
      planId: 'packs',
      name: 'Packs',
      group: 'packs',
      items: [
        {
          featureId: 'exports',
          included: 100,
          reset: { interval: 'month' },
          price: { amount: 1, interval: 'month', billingMethod: 'prepaid', billingUnits: 100 },
        },
      ],
    })
    await api.autumn.customers.getOrCreate({ customerId: 'p' })
    await api.autumn.billing.attach({ customerId: 'p', planId: 'packs', featureQuantities: [{ featureId: 'exports', quantity: 250 }] })
    const answer = await api.autumn.check({ customerId: 'p', featureId: 'exports' })
    expect(answer.balance).toMatchObject({ granted: 300, breakdown: [{ includedGrant: 100, prepaidGrant: 200 }] })
  })
})
