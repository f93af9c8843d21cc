import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const hour = 3_600_000
const track = (value: number, properties: Record<string, unknown> = {}, featureId = 'messages') =>
  api.autumn.track({ customerId: 'c1', featureId, value, properties })

describe('events.list', () => {
  it('tells each use, the newest first, with what paid for it', async () => {
    await track(2, { model: 'm1' })
    api.clock.now += 1_000
    await track(3, {}, 'big_task')
    const { list, nextCursor } = await api.autumn.events.list({ customerId: 'c1' })
    expect(nextCursor).toBeNull()
    expect(list).toMatchObject([
      {
        featureId: 'big_task',
        customerId: 'c1',
        value: 3,
        properties: {},
        timestamp: api.clock.now,
        deductions: [{ featureId: 'credits', planId: 'free', value: 7.5 }],
      },
      {
        featureId: 'messages',
        value: 2,
        properties: { model: 'm1' },
        deductions: [{ featureId: 'messages', value: 2, reset: { interval: 'month' } }],
      },
    ])
    expect(new Set(list.map(({ id }) => id)).size).toBe(2)
  })

  it('tells of a use what was asked, and of its deductions what was paid', async () => {
    await track(12)
    expect((await api.autumn.events.list({ customerId: 'c1' })).list).toMatchObject([{ value: 12, deductions: [{ value: 10 }] }])
  })

  it('tells a lock with what it took, and its end with the difference', async () => {
    const lock = { lockId: 'l', enabled: true as const }
    await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 5, lock, properties: { job: 'j1' } })
    await api.autumn.balances.finalize({ lockId: 'l', action: 'confirm', overrideValue: 2, properties: { done: true } })
    const { list } = await api.autumn.events.list({ customerId: 'c1' })
    expect(list).toMatchObject([
      { value: -3, properties: { job: 'j1', done: true }, deductions: [{ value: -3 }] },
      { value: 5, properties: { job: 'j1' }, deductions: [{ value: 5 }] },
    ])
  })

  it('tells nothing of checks, of seats that entities take, and of locks that end as they were', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'seats_plan' })
    await api.autumn.entities.create({ customerId: 'c1', entityId: 'e1', featureId: 'seats' })
    await api.autumn.check({ customerId: 'c1', featureId: 'messages' })
    await api.autumn.check({ customerId: 'c1', featureId: 'messages', lock: { lockId: 'l', enabled: true } })
    await api.autumn.balances.finalize({ lockId: 'l', action: 'confirm' })
    expect((await api.autumn.events.list({ customerId: 'c1' })).list).toHaveLength(1)
  })

  it('gives page after page, and every event once, while more come in', async () => {
    for (let value = 1; value <= 7; value++) await track(value / 10)
    const values: number[] = []
    for (let startCursor: string | null = ''; startCursor !== null; ) {
      const page: Awaited<ReturnType<typeof api.autumn.events.list>> = await api.autumn.events.list({
        startCursor,
        limit: 3,
        customerId: 'c1',
      })
      values.push(...page.list.map(({ value }) => value))
      startCursor = page.nextCursor
      await track(0.9)
    }
    expect(values).toEqual([0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
  })

  it('finds events by customer, feature, entity and time', async () => {
    await customerWith(api, 'c2', 'free')
    await track(1)
    await track(2, {}, 'tokens')
    await api.autumn.track({ customerId: 'c2', featureId: 'messages', value: 3, timestamp: api.clock.now - hour })
    await api.autumn.entities.create({ customerId: 'c1', entityId: 'e1', featureId: 'seats' })
    await api.autumn.track({ customerId: 'c1', entityId: 'e1', featureId: 'tokens', value: 4 })
    const values = async (query: Parameters<typeof api.autumn.events.list>[0]) =>
      (await api.autumn.events.list(query)).list.map(({ value }) => value)
    expect(await values({})).toEqual([4, 3, 2, 1])
    expect(await values({ customerId: 'c2' })).toEqual([3])
    expect(await values({ featureId: 'messages' })).toEqual([3, 1])
    expect(await values({ featureId: ['tokens'], entityId: 'e1' })).toEqual([4])
    expect(await values({ customRange: { end: api.clock.now } })).toEqual([3])
    expect(await values({ customRange: { start: api.clock.now } })).toEqual([4, 2, 1])
  })
})

describe('events.aggregate', () => {
  it('adds up the uses of each hour, with the hours of none', async () => {
    await track(1)
    api.clock.now += 2 * hour
    await track(2)
    await track(-1)
    const answer = await api.autumn.events.aggregate({
      customerId: 'c1',
      featureId: 'messages',
      binSize: 'hour',
      customRange: { start: api.clock.now - 2 * hour, end: api.clock.now },
    })
    expect(answer.list.map(({ values }) => values['messages'])).toEqual([1, 0, 1])
    expect(answer.list[0]?.period).toBe(Date.parse('2026-11-23T10:00:00Z'))
    expect(answer.total).toEqual({ messages: { count: 3, sum: 2 } })
  })

  it('begins days at midnight, weeks on Mondays and months on their first', async () => {
    await track(1)
    const firstOf = async (binSize: 'day' | 'week' | 'month') => {
      const { list } = await api.autumn.events.aggregate({ customerId: 'c1', featureId: 'messages', range: '7d', binSize })
      return new Date(list.at(-1)?.period ?? 0).toISOString()
    }
    expect(await firstOf('day')).toBe('2026-11-23T00:00:00.000Z')
    expect(await firstOf('week')).toBe('2026-11-23T00:00:00.000Z')
    expect(await firstOf('month')).toBe('2026-11-01T00:00:00.000Z')
  })

  it('groups by what the events say, and puts the small groups together', async () => {
    for (const [value, model] of [
      [5, 'a'],
      [3, 'b'],
      [1, 'c'],
      [1, '__proto__'],
    ] as const)
      await track(value, { model })
    const ask = (maxGroups: number) =>
      api.autumn.events.aggregate({ customerId: 'c1', featureId: 'messages', range: '24h', groupBy: 'properties.model', maxGroups })
    const grouped = async (maxGroups: number) => (await ask(maxGroups)).list.at(-1)?.groupedValues?.['messages']
    expect(Object.entries((await grouped(9)) ?? {})).toEqual([
      ['a', 5],
      ['b', 3],
      ['c', 1],
    ])
    expect(await grouped(1)).toEqual({ a: 5, Other: 5 })
  })

  it('groups by customer, and filters by what events say', async () => {
    await customerWith(api, 'c2', 'free')
    await track(1, { region: 'eu' })
    await track(2, { region: 'us' })
    await api.autumn.track({ customerId: 'c2', featureId: 'messages', value: 4, properties: { region: 'eu' } })
    const { list, total } = await api.autumn.events.aggregate({
      featureId: ['messages', 'tokens'],
      range: '24h',
      groupBy: '$customer_id',
      filterBy: { region: 'eu' },
    })
    expect(list.at(-1)?.groupedValues).toEqual({ messages: { c2: 4, c1: 1 }, tokens: { c2: 0, c1: 0 } })
    expect(total).toEqual({ messages: { count: 2, sum: 5 }, tokens: { count: 0, sum: 0 } })
  })

  it('knows the cycle of the balance', async () => {
    await track(4)
    api.clock.now = Date.parse('2026-12-24T10:00:00Z')
    await track(1)
    const sum = async (range: '1bc' | 'last_cycle' | '3bc') =>
      (await api.autumn.events.aggregate({ customerId: 'c1', featureId: 'messages', range })).total['messages']?.sum
    expect([await sum('1bc'), await sum('last_cycle'), await sum('3bc')]).toEqual([1, 4, 5])
  })

  it('refuses what it cannot answer', async () => {
    const ask = (body: object) => api.send('/v1/events.aggregate', { feature_id: 'messages', ...body })
    expect(await ask({ feature_id: 'nope' })).toMatchObject({ status: 404 })
    expect(await ask({ customer_id: 'nobody' })).toMatchObject({ status: 404 })
    expect(await ask({ custom_range: { start: 2, end: 1 } })).toMatchObject({ status: 400 })
    expect(await ask({ custom_range: { start: 0, end: api.clock.now }, bin_size: 'hour' })).toMatchObject({ status: 400 })
    expect(await ask({ aggregate_on: 'deducted' })).toMatchObject({ status: 400, body: { code: 'not_offered' } })
  })
})
