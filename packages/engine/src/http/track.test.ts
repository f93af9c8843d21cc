import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const track = (featureId: string, value?: number) =>
  api.autumn.track({ customerId: 'c1', featureId, ...(value === undefined ? {} : { value }) })
const balance = async (featureId: string) => (await api.autumn.check({ customerId: 'c1', featureId })).balance

describe('a use', () => {
  it('takes one unit when no number is given, and says which balance paid', async () => {
    const answer = await track('messages')
    expect(answer).toMatchObject({ customerId: 'c1', value: 1, balance: { granted: 10, remaining: 9, usage: 1 } })
    expect(answer.deductions).toMatchObject([{ featureId: 'messages', planId: 'free', value: 1, reset: { interval: 'month' } }])
  })

  it('takes fractions exactly', async () => {
    for (const value of [0.1, 0.1, 0.1]) await track('messages', value)
    expect(await balance('messages')).toMatchObject({ remaining: 9.7, usage: 0.3 })
    const third = await track('messages', 1 / 3)
    expect(third.balance?.remaining).toBe(9.3666666667)
    expect(third.deductions?.[0]?.value).toBeCloseTo(1 / 3, 9)
  })

  it('takes what fits and drops the rest, when nothing else is asked for', async () => {
    await track('messages', 8)
    const answer = await track('messages', 5)
    expect(answer).toMatchObject({ value: 5, balance: { remaining: 0, usage: 10 } })
    expect(answer.deductions).toMatchObject([{ value: 2 }])
    expect((await track('messages')).deductions).toEqual([])
  })

  it('goes below zero under overflow, and comes back from there', async () => {
    await track('messages', 10)
    const over = await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 3, overageBehavior: 'overflow' })
    expect(over.balance).toMatchObject({ granted: 10, remaining: 0, usage: 13 })
    expect((await track('messages', 2)).deductions).toEqual([])
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 0 })).allowed).toBe(true)
    expect((await track('messages', -4)).balance).toMatchObject({ remaining: 1, usage: 9 })
  })

  it('takes all or nothing under reject', async () => {
    await track('messages', 8)
    const refuse = { customer_id: 'c1', feature_id: 'messages', value: 5, overage_behavior: 'reject' }
    expect(await api.send('/v1/balances.track', refuse)).toMatchObject({
      status: 400,
      body: { code: 'insufficient_balance', message: 'Insufficient balance to deduct 5 from feature messages', env: 'sandbox' },
    })
    expect(await balance('messages')).toMatchObject({ remaining: 2 })
    expect(await api.send('/v1/balances.track', { ...refuse, value: 2 })).toMatchObject({
      status: 200,
      body: { balance: { remaining: 0 } },
    })
  })

  it('is recorded and takes nothing where there is nothing to take', async () => {
    expect(await track('premium')).toMatchObject({ balance: null, deductions: [] })
    expect(await track('exports', 2)).toMatchObject({ value: 2, balance: null, deductions: [] })
  })

  it('of nothing changes nothing', async () => {
    expect(await track('messages', 0)).toMatchObject({ value: 0, balance: { remaining: 10 }, deductions: [] })
  })

  it('counts what an unlimited feature is used for', async () => {
    expect((await track('tokens', 1000)).balance).toMatchObject({ unlimited: true, granted: 0, remaining: 0, usage: 1000 })
    expect((await track('tokens', -5)).balance?.usage).toBe(995)
  })

  it('occupies seats beyond their number, unless told to reject', async () => {
    await customerWith(api, 's1', 'seats_plan')
    const seats = (value: number) => api.autumn.track({ customerId: 's1', featureId: 'seats', value })
    await seats(3)
    expect((await seats(5)).balance).toMatchObject({ remaining: 0, usage: 8 })
    expect((await seats(-6)).balance).toMatchObject({ remaining: 1, usage: 2 })
    expect((await seats(-20)).balance).toMatchObject({ remaining: 3, usage: 0 })
    const refuse = { customer_id: 's1', feature_id: 'seats', value: 4, overage_behavior: 'reject' }
    expect(await api.send('/v1/balances.track', refuse)).toMatchObject({ status: 400, body: { code: 'insufficient_balance' } })
  })

  it('answers 202 without a balance when the client does not want to wait, and counts all the same', async () => {
    const answer = await api.send('/v1/balances.track', { customer_id: 'c1', feature_id: 'messages', value: 2, async: true })
    expect(answer).toMatchObject({ status: 202, body: { customer_id: 'c1', value: 2, balance: null } })
    expect(await balance('messages')).toMatchObject({ usage: 2 })
  })

  it('caps every one of several at once', async () => {
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', remaining: 5 })
    await Promise.all(Array.from({ length: 5 }, () => track('messages', 10)))
    expect(await balance('messages')).toMatchObject({ remaining: 0, usage: 10 })
  })
})

describe('a use that gives back', () => {
  it('fills up to what was granted, and drops the rest', async () => {
    expect((await track('messages', -3)).deductions).toEqual([])
    await track('messages', 4)
    const answer = await track('messages', -100)
    expect(answer.deductions).toMatchObject([{ value: -4 }])
    expect(answer.balance).toMatchObject({ remaining: 10, usage: 0 })
  })

  it('gives credits back at their cost', async () => {
    await track('big_task', 4)
    expect((await track('big_task', -1)).deductions).toMatchObject([{ featureId: 'credits', value: -2.5 }])
    expect(await balance('credits')).toMatchObject({ remaining: 12.5 })
  })
})

describe('a use through a credit system', () => {
  it('takes credits at their cost and tells of the pool', async () => {
    const answer = await track('big_task', 2)
    expect(answer).toMatchObject({ value: 2, balance: { featureId: 'credits', remaining: 15 } })
    expect(answer.balances).toMatchObject({ big_task: null, credits: { remaining: 15 } })
    expect(answer.deductions).toMatchObject([{ featureId: 'credits', value: 5 }])
  })

  it('takes credits one for one when they are named themselves', async () => {
    const answer = await track('credits', 3)
    expect(answer.balance).toMatchObject({ remaining: 17 })
    expect(answer.balances).toBeUndefined()
  })

  it('spends the feature itself first, then each pool at its own cost', async () => {
    await api.autumn.features.create({ featureId: 'action', name: 'Action', type: 'metered', consumable: true })
    await api.autumn.features.create({
      featureId: 'coins',
      name: 'Coins',
      type: 'credit_system',
      creditSchema: [{ meteredFeatureId: 'action', creditCost: 0.2 }],
    })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'action', includedGrant: 100 })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'coins', includedGrant: 200 })
    expect((await track('action', 40.5)).balance).toMatchObject({ featureId: 'action', remaining: 59.5 })
    const both = await track('action', 80)
    expect(both.balance).toMatchObject({ featureId: 'action', remaining: 0 })
    expect(both.deductions).toMatchObject([
      { featureId: 'action', value: 59.5 },
      { featureId: 'coins', value: 4.1 },
    ])
    expect(both.balances?.['coins']?.remaining).toBe(195.9)
    expect((await track('action', 50.75)).balance).toMatchObject({ featureId: 'coins', remaining: 185.75 })
  })

  it('takes what credits there are when they are short', async () => {
    await track('big_task', 4)
    expect((await track('big_task', 10)).deductions).toMatchObject([{ featureId: 'credits', value: 10 }])
    expect(await balance('credits')).toMatchObject({ remaining: 0, usage: 20 })
  })
})

describe('the order of deduction', () => {
  it('takes from what resets before what does not', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'topup' })
    const answer = await track('messages', 12)
    expect(answer.deductions).toMatchObject([
      { planId: 'free', value: 10 },
      { planId: 'topup', value: 2 },
    ])
    expect(answer.balance).toMatchObject({ granted: 15, remaining: 3, usage: 12 })
    expect((await track('messages', -4)).deductions).toMatchObject([{ planId: 'free', value: -4 }])
  })

  it('takes from what expires sooner', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c2' })
    const day = 86_400_000
    await api.autumn.balances.create({
      customerId: 'c2',
      featureId: 'exports',
      includedGrant: 100,
      balanceId: 'late',
      expiresAt: api.clock.now + 365 * day,
    })
    await api.autumn.balances.create({
      customerId: 'c2',
      featureId: 'exports',
      includedGrant: 100,
      balanceId: 'soon',
      expiresAt: api.clock.now + 30 * day,
    })
    const answer = await api.autumn.track({ customerId: 'c2', featureId: 'exports', value: 60 })
    expect(answer.deductions).toMatchObject([{ balanceId: 'soon', planId: null, value: 60 }])
    expect(answer.balance?.breakdown).toMatchObject([
      { id: 'soon', remaining: 40 },
      { id: 'late', remaining: 100 },
    ])
  })

  it('takes carried-over units before all others', async () => {
    await api.autumn.plans.create({
      planId: 'saver',
      name: 'Saver',
      group: 'saver',
      items: [
        {
          featureId: 'exports',
          included: 100,
          reset: { interval: 'month' },
          rollover: { expiryDurationType: 'month', expiryDurationLength: 3 },
        },
      ],
    })
    await customerWith(api, 'r1', 'saver')
    await api.autumn.track({ customerId: 'r1', featureId: 'exports', value: 70 })
    api.clock.now = Date.parse('2026-12-24T00:00:00Z')
    const answer = await api.autumn.track({ customerId: 'r1', featureId: 'exports', value: 10 })
    expect(answer.balance).toMatchObject({ granted: 130, remaining: 120, usage: 10, rollovers: [{ granted: 30, balance: 20 }] })
  })
})

describe('the balance that an answer tells of', () => {
  it("is the feature's own when it paid at all, also after a pool's carried-over credits", async () => {
    const rollover = { expiryDurationType: 'forever' } as const
    await api.autumn.plans.create({
      planId: 'saver',
      name: 'Saver',
      group: 'saver',
      items: [{ featureId: 'credits', included: 10, reset: { interval: 'month' }, rollover }],
    })
    await customerWith(api, 'r1', 'saver')
    await api.autumn.balances.create({ customerId: 'r1', featureId: 'small_task', includedGrant: 5 })
    api.clock.now = Date.parse('2026-12-24T00:00:00Z')
    const answer = await api.autumn.track({ customerId: 'r1', featureId: 'small_task', value: 12 })
    expect(answer.deductions).toMatchObject([
      { featureId: 'credits', value: 10 },
      { featureId: 'small_task', value: 2 },
    ])
    expect(answer.balance).toMatchObject({ featureId: 'small_task', remaining: 3 })
  })
})

describe('an event', () => {
  it('is a use of every feature that lists its name', async () => {
    await api.autumn.features.update({ featureId: 'exports', eventNames: ['message_sent'] })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'exports', includedGrant: 1 })
    const answer = await api.autumn.track({ customerId: 'c1', eventName: 'message_sent', value: 2 })
    expect(answer).toMatchObject({ eventName: 'message_sent', balance: null })
    expect(answer.deductions).toMatchObject([
      { featureId: 'messages', value: 2 },
      { featureId: 'exports', value: 1 },
    ])
    expect(answer.balances).toMatchObject({ messages: { remaining: 8 }, exports: { remaining: 0 } })
  })

  it('answers with the balance when one feature lists it', async () => {
    const answer = await api.autumn.track({ customerId: 'c1', eventName: 'message_sent' })
    expect(answer).toMatchObject({ eventName: 'message_sent', balance: { featureId: 'messages', remaining: 9 } })
  })

  it('that no feature lists is not found', async () => {
    expect(await api.send('/v1/balances.track', { customer_id: 'c1', event_name: 'nope' })).toMatchObject({
      status: 404,
      body: { code: 'invalid_request', message: 'No features found for event name: nope' },
    })
  })

  it('cannot be rejected, since it may be of several features', async () => {
    const body = { customer_id: 'c1', event_name: 'message_sent', overage_behavior: 'reject' }
    expect(await api.send('/v1/balances.track', body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })
})

describe('a batch of uses', () => {
  it('is accepted and counts each', async () => {
    const use = (value: number) => ({ customerId: 'c1', featureId: 'messages', value })
    await api.autumn.batchTrack([use(1), use(2)])
    expect(await balance('messages')).toMatchObject({ usage: 3 })
  })

  it('counts the good ones when others fail, and fails when all do', async () => {
    const use = (featureId: string) => ({ customer_id: 'c1', feature_id: featureId })
    expect(await api.send('/v1/balances.batch_track', [use('nope'), use('messages')])).toMatchObject({
      status: 202,
      body: { success: true },
    })
    expect(await balance('messages')).toMatchObject({ usage: 1 })
    expect(await api.send('/v1/balances.batch_track', [use('nope')])).toMatchObject({ status: 404, body: { code: 'feature_not_found' } })
  })

  it('is checked as a whole before anything counts', async () => {
    const uses = [
      { customer_id: 'c1', feature_id: 'messages' },
      { customer_id: 'c1', feature_id: 'messages', value: 'two' },
    ]
    expect(await api.send('/v1/balances.batch_track', uses)).toMatchObject({
      status: 400,
      body: { message: '1.value: must be a number (received string)' },
    })
    const tooMany = Array.from({ length: 1_001 }, () => ({ customer_id: 'c1', feature_id: 'messages' }))
    expect(await api.send('/v1/balances.batch_track', tooMany)).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
    expect(await balance('messages')).toMatchObject({ usage: 0 })
  })
})
