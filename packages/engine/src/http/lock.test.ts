import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

interface LockTerms {
  readonly customerId?: string
  readonly featureId?: string
  readonly entityId?: string
  readonly expiresAt?: number
  readonly overageBehavior?: 'cap' | 'overflow'
}

function lock(lockId: string, requiredBalance: number, terms: LockTerms = {}) {
  const { customerId = 'c1', featureId = 'messages', entityId, ...more } = terms
  return api.autumn.check({
    customerId,
    featureId,
    requiredBalance,
    ...(entityId ? { entityId } : {}),
    lock: { lockId, enabled: true, ...more },
  })
}

function confirm(lockId: string, overrideValue?: number) {
  return api.autumn.balances.finalize({ lockId, action: 'confirm', ...(overrideValue === undefined ? {} : { overrideValue }) })
}

const release = (lockId: string) => api.autumn.balances.finalize({ lockId, action: 'release' })

const left = async (featureId: string, customerId = 'c1', entityId?: string) =>
  (await api.autumn.check({ customerId, featureId, ...(entityId ? { entityId } : {}) })).balance?.remaining

const finalize = (body: object) => api.send('/v1/balances.finalize', body)

describe('a lock', () => {
  it('takes its units at once, and shows them as used', async () => {
    expect(await lock('l1', 4)).toMatchObject({ allowed: true, requiredBalance: 4, balance: { remaining: 6, usage: 4 } })
    expect(await left('messages')).toBe(6)
  })

  it('is confirmed as it was taken', async () => {
    await lock('l1', 4)
    expect(await confirm('l1')).toEqual({ success: true })
    expect(await left('messages')).toBe(6)
  })

  it('gives everything back when it is released', async () => {
    await lock('l1', 4)
    await release('l1')
    expect(await left('messages')).toBe(10)
  })

  it('is confirmed for less, for more, for nothing, and for units given back', async () => {
    await lock('less', 4)
    await confirm('less', 1)
    expect(await left('messages')).toBe(9)
    await lock('more', 2)
    await confirm('more', 5)
    expect(await left('messages')).toBe(4)
    await lock('nothing', 1)
    await confirm('nothing', 0)
    expect(await left('messages')).toBe(4)
    await lock('back', 2)
    await confirm('back', -3)
    expect(await left('messages')).toBe(7)
  })

  it('that is denied holds nothing, and its id may be tried again', async () => {
    expect(await lock('l1', 11)).toMatchObject({ allowed: false, balance: { remaining: 10 } })
    expect(await finalize({ lock_id: 'l1', action: 'confirm' })).toMatchObject({
      status: 400,
      body: { message: 'Lock not found for ID: l1' },
    })
    expect(await lock('l1', 2)).toMatchObject({ allowed: true })
    expect(await release('l1')).toEqual({ success: true })
  })

  it('keeps its id to itself while it is held, for every customer and feature', async () => {
    await customerWith(api, 'c2', 'free')
    await lock('l1', 1)
    const again = (customer_id: string, feature_id: string) =>
      api.send('/v1/balances.check', { customer_id, feature_id, lock: { lock_id: 'l1', enabled: true } })
    for (const answer of [await again('c1', 'messages'), await again('c1', 'credits'), await again('c2', 'messages')])
      expect(answer).toMatchObject({ status: 409, body: { code: 'lock_already_exists' } })
    await confirm('l1')
    expect(await again('c2', 'messages')).toMatchObject({ status: 200, body: { allowed: true } })
  })

  it('counts once together with send_event', async () => {
    await api.autumn.check({ customerId: 'c1', featureId: 'messages', sendEvent: true, lock: { lockId: 'l1', enabled: true } })
    expect(await left('messages')).toBe(9)
  })

  it('of nothing, and of units given back, is taken and ended like any other', async () => {
    expect(await lock('zero', 0)).toMatchObject({ allowed: true, requiredBalance: 0 })
    await confirm('zero', 2)
    expect(await left('messages')).toBe(8)
    expect(await lock('back', -2)).toMatchObject({ allowed: true, requiredBalance: -2 })
    expect(await left('messages')).toBe(10)
  })

  it('counts an unlimited feature', async () => {
    expect((await lock('l1', 100, { featureId: 'tokens' })).balance).toMatchObject({ unlimited: true, usage: 100 })
    await confirm('l1', 40)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'tokens' })).balance?.usage).toBe(40)
  })

  it.each([
    [{ enabled: true }, 'lock.lock_id: must be a string (received undefined)'],
    [{ enabled: true, lock_id: '' }, "lock.lock_id: can't be an empty string"],
    [{ enabled: true, lock_id: 'x'.repeat(257) }, 'lock.lock_id: Too big: expected string to have <=256 characters'],
    [{ enabled: false, lock_id: 'l' }, 'lock.enabled: Invalid input: expected true'],
    [{ lock_id: 'l' }, 'lock.enabled: Invalid input: expected true'],
  ])('is asked for with an id, and in earnest: %j', async (terms, message) => {
    const body = { customer_id: 'c1', feature_id: 'messages', lock: terms }
    expect(await api.send('/v1/balances.check', body)).toMatchObject({ status: 400, body: { code: 'invalid_inputs', message } })
    expect(await left('messages')).toBe(10)
  })

  it('is not for seats, nor for flags', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'seats_plan' })
    const body = (feature_id: string) => ({ customer_id: 'c1', feature_id, lock: { lock_id: 'l1', enabled: true } })
    expect(await api.send('/v1/balances.check', body('seats'))).toMatchObject({
      status: 400,
      body: { message: 'Lock is not supported for allocated features' },
    })
    expect(await api.send('/v1/balances.check', body('premium'))).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('admits exactly what there is, however many are taken at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => lock(`l${index}`, 3)))
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(3)
    expect(await left('messages')).toBe(1)
  })

  it('may be taken by a use, which takes what fits', async () => {
    const answer = await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 12, lock: { lockId: 'l1', enabled: true } })
    expect(answer).toMatchObject({ value: 12, balance: { remaining: 0 } })
    expect(answer.deductions).toMatchObject([{ value: 10 }])
    await release('l1')
    expect(await left('messages')).toBe(10)
  })
})

describe('the end of a lock', () => {
  it('comes once: a second one hears what became of it', async () => {
    await lock('l1', 1)
    await confirm('l1')
    expect(await finalize({ lock_id: 'l1', action: 'release' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', message: 'Lock not found for ID: l1: it was confirmed' },
    })
    await lock('l2', 1)
    await release('l2')
    expect(await finalize({ lock_id: 'l2', action: 'confirm' })).toMatchObject({
      status: 400,
      body: { message: 'Lock not found for ID: l2: it was released' },
    })
    expect(await finalize({ lock_id: 'l3', action: 'confirm' })).toMatchObject({
      status: 400,
      body: { message: 'Lock not found for ID: l3' },
    })
  })

  it('succeeds once when two come at the same time', async () => {
    await lock('l1', 4)
    const answers = await Promise.all([1, 2, 3].map(() => finalize({ lock_id: 'l1', action: 'confirm', override_value: 1 })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(await left('messages')).toBe(9)
  })

  it('comes by itself after fifteen minutes when none was asked for', async () => {
    await lock('l1', 4)
    api.clock.now += 15 * 60_000 - 1
    expect(await left('messages')).toBe(6)
    api.clock.now += 1
    expect(await left('messages')).toBe(10)
    expect(await finalize({ lock_id: 'l1', action: 'confirm' })).toMatchObject({
      status: 400,
      body: { message: 'Lock not found for ID: l1: it has expired' },
    })
    expect(await lock('l1', 4)).toMatchObject({ allowed: true })
  })

  it('comes when it was asked for, within a day', async () => {
    await lock('l1', 4, { expiresAt: api.clock.now + 1_000 })
    api.clock.now += 1_000
    expect(await left('messages')).toBe(10)
    const take = (expires_at: number) =>
      api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'messages', lock: { lock_id: 'l2', enabled: true, expires_at } })
    expect(await take(api.clock.now + 86_400_001)).toMatchObject({
      status: 400,
      body: { message: 'Lock expires_at cannot be more than 1 day from now' },
    })
    expect(await take(api.clock.now - 1)).toMatchObject({ status: 400, body: { message: 'Lock expires_at must be in the future' } })
    expect(await take(api.clock.now + 86_400_000)).toMatchObject({ status: 200 })
  })

  it('beyond what is left is refused, and the lock stays', async () => {
    await lock('l1', 2)
    expect(await finalize({ lock_id: 'l1', action: 'confirm', override_value: 50 })).toMatchObject({
      status: 400,
      body: { code: 'insufficient_balance' },
    })
    expect(await left('messages')).toBe(8)
    await confirm('l1', 10)
    expect(await left('messages')).toBe(0)
  })

  it('beyond what is left takes what fits for a capped lock, and all for one that overflows', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 8 })
    expect(await lock('cap', 5, { overageBehavior: 'cap' })).toMatchObject({ allowed: true, balance: { remaining: 0, usage: 10 } })
    await confirm('cap', 7)
    expect(await left('messages')).toBe(0)
    expect(await lock('over', 5, { overageBehavior: 'overflow' })).toMatchObject({ allowed: true, balance: { remaining: 0, usage: 15 } })
    await confirm('over', 6)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.usage).toBe(16)
  })

  it('does not touch a plan that replaced the one that paid, beyond what it granted', async () => {
    await lock('l1', 4)
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'free_plus' })
    await release('l1')
    expect(await left('messages')).toBe(50)
  })
})

describe('the worked numbers of locks over several balances', () => {
  /** Five an hour and ten a month. */
  beforeEach(async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'w' })
    await api.autumn.balances.create({
      customerId: 'w',
      featureId: 'exports',
      includedGrant: 5,
      balanceId: 'hourly',
      reset: { interval: 'hour' },
    })
    await api.autumn.balances.create({
      customerId: 'w',
      featureId: 'exports',
      includedGrant: 10,
      balanceId: 'monthly',
      reset: { interval: 'month' },
    })
  })

  const take = (lockId: string, units: number) => lock(lockId, units, { customerId: 'w', featureId: 'exports' })
  const track = (value: number) => api.autumn.track({ customerId: 'w', featureId: 'exports', value })
  const events = async () => (await api.autumn.events.list({ customerId: 'w' })).list.map((event) => event.value).reverse()

  it.each([
    [undefined, 7, [8]],
    [8, 7, [8]],
    [5, 10, [8, -3]],
    [0, 15, [8, -8]],
    [11, 4, [8, 3]],
    [-3, 15, [8, -11]],
  ])('lock 8, confirm %s leaves %s', async (override, remaining, expected) => {
    expect((await take('l', 8)).balance?.remaining).toBe(7)
    await confirm('l', override)
    expect(await left('exports', 'w')).toBe(remaining)
    expect(await events()).toEqual(expected)
  })

  it('gives back what was taken last first', async () => {
    await take('l', 8)
    await confirm('l', 5)
    const { balance } = await api.autumn.check({ customerId: 'w', featureId: 'exports' })
    expect(balance?.breakdown).toMatchObject([
      { id: 'hourly', remaining: 0 },
      { id: 'monthly', remaining: 10 },
    ])
  })

  it('adds up what it gives back with what was used before', async () => {
    await track(5)
    await take('l', 8)
    await confirm('l', -3)
    expect(await left('exports', 'w')).toBe(13)
    expect(await events()).toEqual([5, 8, -11])
  })

  it.each([
    [-3, 8, [10, -5, 2]],
    [3, 2, [10, -5, 8]],
  ])('track 10, lock -5, confirm %s leaves %s', async (override, remaining, expected) => {
    await track(10)
    await take('l', -5)
    await confirm('l', override)
    expect(await left('exports', 'w')).toBe(remaining)
    expect(await events()).toEqual(expected)
  })
})

describe('the worked numbers of locks on credits', () => {
  beforeEach(async () => {
    await api.autumn.features.create({ featureId: 'action', name: 'Action', type: 'metered', consumable: true })
    await api.autumn.features.create({
      featureId: 'coins',
      name: 'Coins',
      type: 'credit_system',
      creditSchema: [{ meteredFeatureId: 'action', creditCost: 0.2 }],
    })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'action', includedGrant: 100 })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'coins', includedGrant: 200 })
  })

  it.each([
    [12, 0, 198.6],
    [3, 2, 200],
    [0, 5, 200],
  ])('track 95, lock 8, confirm %s leaves %s and %s credits', async (override, action, coins) => {
    await api.autumn.track({ customerId: 'c1', featureId: 'action', value: 95 })
    await lock('l', 8, { featureId: 'action' })
    expect(await left('coins')).toBe(199.4)
    await confirm('l', override)
    expect(await left('coins')).toBe(coins)
    const { balances } = await api.autumn.track({ customerId: 'c1', featureId: 'action', value: 0 })
    expect(balances?.['action']?.remaining).toBe(action)
  })

  it('lock 10, confirm 115 takes the rest from the pool', async () => {
    await lock('l', 10, { featureId: 'action' })
    await confirm('l', 115)
    expect(await left('coins')).toBe(197)
  })
})

describe('locks of entities', () => {
  beforeEach(async () => {
    await api.autumn.plans.create({
      planId: 'team',
      name: 'Team',
      group: 'team',
      items: [{ featureId: 'exports', included: 100 }],
    })
    const perSeat = { feature_id: 'exports', included: 50, entity_feature_id: 'seats' }
    await api.send('/v1/plans.create', { plan_id: 'per_seat', name: 'Per seat', group: 'per_seat', items: [perSeat] })
    await customerWith(api, 'e', 'team', 'per_seat')
    for (const entityId of ['e1', 'e2']) await api.autumn.entities.create({ customerId: 'e', entityId, featureId: 'seats' })
  })

  it("take an entity's own units first", async () => {
    expect(await left('exports', 'e')).toBe(200)
    await lock('l', 30, { customerId: 'e', featureId: 'exports', entityId: 'e1' })
    await confirm('l', 80)
    expect([await left('exports', 'e'), await left('exports', 'e', 'e1'), await left('exports', 'e', 'e2')]).toEqual([120, 70, 120])
  })

  it("leave the customer's units to others", async () => {
    await lock('l', 30, { customerId: 'e', featureId: 'exports', entityId: 'e1' })
    await api.autumn.track({ customerId: 'e', featureId: 'exports', value: 10 })
    expect([await left('exports', 'e'), await left('exports', 'e', 'e1'), await left('exports', 'e', 'e2')]).toEqual([160, 110, 140])
  })
})
