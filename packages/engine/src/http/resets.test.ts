import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi({ admin: true })
  await declareCatalog(api)
  return () => api.close()
})

const exportsOf = async (customerId: string) => (await api.autumn.check({ customerId, featureId: 'exports' })).balance

async function plan(
  planId: string,
  item: Omit<NonNullable<Parameters<typeof api.autumn.plans.create>[0]['items']>[number], 'featureId'>,
): Promise<void> {
  await api.autumn.plans.create({ planId, name: planId, group: planId, items: [{ featureId: 'exports', ...item }] })
}

describe('a balance', () => {
  it('starts afresh when its cycle ends, on whatever reads it', async () => {
    await plan('minutely', { included: 2, reset: { interval: 'minute' } })
    await customerWith(api, 'm', 'minutely')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 2 })
    expect((await api.autumn.check({ customerId: 'm', featureId: 'exports' })).allowed).toBe(false)
    api.clock.now += 62_000
    expect(await api.autumn.check({ customerId: 'm', featureId: 'exports' })).toMatchObject({
      allowed: true,
      balance: { remaining: 2, usage: 0 },
    })
  })

  it('keeps the hour of its anchor in every month, and its day where the month has it', async () => {
    api.clock.now = Date.parse('2027-01-31T21:32:28.749Z')
    await plan('monthly', { included: 5, reset: { interval: 'month' } })
    await customerWith(api, 'm', 'monthly')
    const resets: string[] = []
    for (let month = 0; month < 5; month++) {
      api.clock.now = (await exportsOf('m'))?.nextResetAt ?? 0
      resets.push(new Date(api.clock.now).toISOString())
    }
    expect(resets).toEqual([
      '2027-02-28T21:32:28.749Z',
      '2027-03-31T21:32:28.749Z',
      '2027-04-30T21:32:28.749Z',
      '2027-05-31T21:32:28.749Z',
      '2027-06-30T21:32:28.749Z',
    ])
  })

  it('is granted once for many cycles that nobody saw', async () => {
    await plan('monthly', { included: 5, reset: { interval: 'month' } })
    await customerWith(api, 'm', 'monthly')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 3 })
    api.clock.now += 400 * 86_400_000
    expect(await exportsOf('m')).toMatchObject({ granted: 5, remaining: 5, usage: 0 })
  })

  it('starts afresh once, however many come at the same time', async () => {
    await plan('monthly', { included: 100, reset: { interval: 'month' } })
    await customerWith(api, 'm', 'monthly')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 60 })
    api.clock.now += 40 * 86_400_000
    await Promise.all(Array.from({ length: 5 }, () => api.autumn.track({ customerId: 'm', featureId: 'exports', value: 4 })))
    expect(await exportsOf('m')).toMatchObject({ granted: 100, remaining: 80, usage: 20 })
  })

  it('forgets what it was overdrawn by', async () => {
    await plan('monthly', { included: 5, reset: { interval: 'month' } })
    await customerWith(api, 'm', 'monthly')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 9, overageBehavior: 'overflow' })
    api.clock.now += 40 * 86_400_000
    expect(await exportsOf('m')).toMatchObject({ remaining: 5, usage: 0 })
  })

  it('never starts afresh when it was granted once', async () => {
    await plan('once', { included: 5 })
    await customerWith(api, 'm', 'once')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 5 })
    api.clock.now += 4_000 * 86_400_000
    expect(await exportsOf('m')).toMatchObject({ remaining: 0, nextResetAt: null })
  })
})

describe('units that carry over', () => {
  it('join the next cycle', async () => {
    await plan('saver', { included: 100, reset: { interval: 'month' }, rollover: { expiryDurationType: 'forever' } })
    await customerWith(api, 'm', 'saver')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 40 })
    api.clock.now += 32 * 86_400_000
    expect(await exportsOf('m')).toMatchObject({ granted: 160, remaining: 160, usage: 0, rollovers: [{ balance: 60 }] })
  })

  it('are capped over all cycles together', async () => {
    await plan('saver', { included: 400, reset: { interval: 'month' }, rollover: { max: 500, expiryDurationType: 'forever' } })
    await customerWith(api, 'm', 'saver')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 250 })
    api.clock.now += 31 * 86_400_000
    expect((await exportsOf('m'))?.remaining).toBe(550)
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 0 })
    api.clock.now += 31 * 86_400_000
    expect((await exportsOf('m'))?.remaining).toBe(900)
  })

  it('expire', async () => {
    await plan('saver', { included: 100, reset: { interval: 'month' }, rollover: { expiryDurationType: 'month', expiryDurationLength: 1 } })
    await customerWith(api, 'm', 'saver')
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 90 })
    api.clock.now = (await exportsOf('m'))?.nextResetAt ?? 0
    expect((await exportsOf('m'))?.remaining).toBe(110)
    await api.autumn.track({ customerId: 'm', featureId: 'exports', value: 105 })
    api.clock.now = (await exportsOf('m'))?.nextResetAt ?? 0
    expect((await exportsOf('m'))?.remaining).toBe(105)
    expect((await exportsOf('m'))?.rollovers).toMatchObject([{ balance: 5 }])
  })
})

describe("a customer's clock", () => {
  it('is moved ahead by an administrator, and takes resets and locks along', async () => {
    await plan('monthly', { included: 5, reset: { interval: 'month' } })
    await customerWith(api, 'm', 'monthly')
    await customerWith(api, 'other', 'monthly')
    for (const customerId of ['m', 'other']) await api.autumn.track({ customerId, featureId: 'exports', value: 5 })
    const frozenTime = api.clock.now + 40 * 86_400_000
    expect(await api.autumn.customers.advanceTestClock({ customerId: 'm', frozenTime })).toMatchObject({
      customerId: 'm',
      frozenTime,
      status: 'ready',
    })
    expect((await exportsOf('m'))?.remaining).toBe(5)
    expect((await exportsOf('other'))?.remaining).toBe(0)
    const lock = { lockId: 'l', enabled: true as const, expiresAt: api.clock.now + 1_000 }
    expect((await api.autumn.check({ customerId: 'm', featureId: 'exports', requiredBalance: 5, lock })).allowed).toBe(true)
    api.clock.now += 1_000
    expect((await exportsOf('m'))?.remaining).toBe(5)
  })

  it('never goes back', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'm' })
    await api.autumn.customers.advanceTestClock({ customerId: 'm', frozenTime: api.clock.now + 1_000 })
    const body = { customer_id: 'm', frozen_time: api.clock.now + 999 }
    expect(await api.send('/v1/customers.advance_test_clock', body)).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
  })

  it('cannot be moved where nobody switched that on', async () => {
    const plain = await testApi()
    expect(await plain.send('/v1/customers.advance_test_clock', { customer_id: 'm', frozen_time: TEST_LATER })).toMatchObject({
      status: 404,
    })
    await plain.close()
  })
})

const TEST_LATER = Date.parse('2030-01-01T00:00:00Z')
