import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  await customerWith(api, 'c2', 'free')
  return () => api.close()
})

const use = (value: number, customer_id = 'c1') => ({ customer_id, feature_id: 'messages', value })
const keyed = (key: string, more: Readonly<Record<string, string>> = {}) => ({ headers: { 'idempotency-key': key, ...more } })
const track = (body: object, key?: string) => api.send('/v1/balances.track', body, key === undefined ? {} : keyed(key))
const left = async (customerId = 'c1', from = api) => (await from.autumn.check({ customerId, featureId: 'messages' })).balance?.remaining
const duplicate = { status: 409, body: { code: 'duplicate_idempotency_key', env: 'sandbox' } }

describe('an idempotency key', () => {
  it('in the header is used once, for whatever request', async () => {
    expect(await track(use(2), 'k1')).toMatchObject({ status: 200 })
    expect(await track(use(2), 'k1')).toMatchObject({
      ...duplicate,
      body: { message: 'Another request with idempotency key k1 has already been received' },
    })
    for (const body of [use(3), use(2, 'c2')]) expect(await track(body, 'k1')).toMatchObject(duplicate)
    expect(await api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'messages' }, keyed('k1'))).toMatchObject(duplicate)
    expect([await left(), await left('c2')]).toEqual([8, 10])
  })

  it('in the body is used once, for whatever use', async () => {
    expect(await track({ ...use(2), idempotency_key: 'k1' })).toMatchObject({ status: 200 })
    expect(await track({ ...use(3, 'c2'), idempotency_key: 'k1' })).toMatchObject({
      ...duplicate,
      body: { message: 'Another request with idempotency key track:k1 has already been received' },
    })
    expect([await left(), await left('c2')]).toEqual([8, 10])
  })

  it('in the header is another one than in the body, and each of a pair counts by itself', async () => {
    expect(await track({ ...use(1), idempotency_key: 'body' }, 'head')).toMatchObject({ status: 200 })
    expect(await track({ ...use(1), idempotency_key: 'head' })).toMatchObject({ status: 200 })
    expect(await track(use(1), 'head')).toMatchObject(duplicate)
    expect(await track({ ...use(1), idempotency_key: 'body' }, 'other')).toMatchObject(duplicate)
    expect(await track(use(1), 'other')).toMatchObject({ status: 200 })
    expect(await left()).toBe(7)
  })

  it('is free again after a request that failed', async () => {
    expect(await track({ customer_id: 'c1', feature_id: 'nope' }, 'k1')).toMatchObject({ status: 404 })
    expect(await track({ ...use(50), overage_behavior: 'reject' }, 'k1')).toMatchObject({ status: 400 })
    expect(await track({ ...use(1), idempotency_key: 'b' }, 'k1')).toMatchObject({ status: 200 })
    expect(await track({ customer_id: 'nobody', feature_id: 'messages', idempotency_key: 'c' })).toMatchObject({ status: 404 })
    expect(await track({ ...use(1), idempotency_key: 'c' })).toMatchObject({ status: 200 })
    expect(await left()).toBe(8)
  })

  it('is used up by a request that only reads, and by one that changes nothing', async () => {
    const read = () => api.send('/v1/customers.get', { customer_id: 'c1' }, keyed('k1'))
    expect([(await read()).status, (await read()).status]).toEqual([200, 409])
    const list = () => api.send('/v1/plans.list', {}, keyed('k2'))
    expect([(await list()).status, (await list()).status]).toEqual([200, 409])
    const denied = () => api.send('/v1/balances.check', { ...use(1), required_balance: 99, send_event: true }, keyed('k3'))
    expect([(await denied()).status, (await denied()).status]).toEqual([200, 409])
    const touch = () => api.send('/v1/customers.get_or_create', { customer_id: 'c1' }, keyed('k4'))
    expect([(await touch()).status, (await touch()).status]).toEqual([200, 409])
  })

  it('lets one of many pass that come at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => track(use(1), 'k1')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
    expect(await left()).toBe(9)
  })

  it('lets one of many changes of the catalog pass that come at the same time', async () => {
    const rename = (name: string) => api.send('/v1/features.update', { feature_id: 'messages', name }, keyed('k1'))
    const names = ['a', 'b', 'c', 'd']
    const answers = await Promise.all(names.map(rename))
    const passed = answers.findIndex(({ status }) => status === 200)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(3)
    expect((await api.autumn.features.get({ featureId: 'messages' })).name).toBe(names[passed])
  })

  it('lets one of many pass that come at the same time through different servers of one engine', async () => {
    const { autumnApi } = await import('./autumnApi.ts')
    const servers = [1, 2, 3].map(() => autumnApi(api.engine, { secretKeys: ['am_sk_test_secret'] }))
    const headers = { authorization: 'Bearer am_sk_test_secret', 'idempotency-key': 'k1', 'content-type': 'application/json' }
    const body = JSON.stringify({ ...use(1), idempotency_key: 'k2' })
    const answers = await Promise.all(servers.map((server) => server.request('http://t/v1/track', { method: 'POST', headers, body })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(await left()).toBe(9)
  })

  it('counts a batch once', async () => {
    const batch = () => api.send('/v1/balances.batch_track', [{ ...use(1), feature_id: 'nope' }, use(1), use(2)], keyed('k1'))
    expect([(await batch()).status, (await batch()).status]).toEqual([202, 409])
    expect(await left()).toBe(7)
  })

  it('is for any text, of a length that can be kept', async () => {
    for (const key of ['a b', '__proto__', "'; --", 'x'.repeat(1_000)]) expect(await track(use(0), key)).toMatchObject({ status: 200 })
    expect(await track(use(0), 'x'.repeat(1_001))).toMatchObject({ status: 400 })
    expect(await track({ ...use(0), idempotency_key: 'naïve ✓ \0'.slice(0, -1) })).toMatchObject({ status: 200 })
  })

  it('outlives the process, together with what it was used for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-'))
    const url = `file:${join(folder, 'usage.db')}`
    const first = await testApi({ url })
    await declareCatalog(first)
    await customerWith(first, 'c1', 'free')
    const headers = { 'idempotency-key': 'k1', 'idempotency-replay': 'stored' }
    const before = await first.send('/v1/balances.track', { ...use(2), idempotency_key: 'b1' }, { headers })
    await first.close()
    const second = await testApi({ url })
    expect(await second.send('/v1/balances.track', use(2), { headers: { 'idempotency-key': 'k1' } })).toMatchObject(duplicate)
    expect(await second.send('/v1/balances.track', { ...use(2), idempotency_key: 'b1' })).toMatchObject(duplicate)
    const replayed = await second.send('/v1/balances.track', { ...use(2), idempotency_key: 'b1' }, { headers })
    expect(replayed).toMatchObject({ status: 200, body: before.body })
    expect(await left('c1', second)).toBe(8)
    await second.close()
    await rm(folder, { recursive: true })
  })
})

describe('a request that asks for the stored answer', () => {
  const stored = (key: string) => keyed(key, { 'idempotency-replay': 'stored' })

  it('gets the first answer again, marked as such', async () => {
    const first = await api.send('/v1/balances.track', use(2), stored('k1'))
    await track(use(3))
    const again = await api.send('/v1/balances.track', use(2), stored('k1'))
    expect(again).toMatchObject({ status: 200, body: first.body })
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true'])
    expect(await left()).toBe(5)
  })

  it('gets a conflict for another request under the same key', async () => {
    await api.send('/v1/balances.track', use(2), stored('k1'))
    const conflict = { status: 409, body: { code: 'idempotency_conflict' } }
    expect(await api.send('/v1/balances.track', use(3), stored('k1'))).toMatchObject(conflict)
    expect(await api.send('/v1/balances.check', use(2), stored('k1'))).toMatchObject(conflict)
    expect(await left()).toBe(8)
  })

  it('gets a duplicate when the first request did not ask to be stored', async () => {
    await track(use(2), 'k1')
    expect(await api.send('/v1/balances.track', use(2), stored('k1'))).toMatchObject({
      status: 409,
      body: { code: 'duplicate_idempotency_key' },
    })
    expect(await left()).toBe(8)
  })

  it.each([
    ['/v1/balances.check', { customer_id: 'c1', feature_id: 'messages', required_balance: 3, lock: { lock_id: 'l', enabled: true } }],
    ['/v1/balances.check', { customer_id: 'c1', feature_id: 'messages', required_balance: 99, send_event: true }],
    ['/v1/balances.track', { customer_id: 'c1', feature_id: 'messages', value: 2, async: true }],
    ['/v1/balances.batch_track', [{ customer_id: 'c1', feature_id: 'messages' }]],
    ['/v1/billing.attach', { customer_id: 'c1', plan_id: 'topup' }],
    ['/v1/customers.get_or_create', { customer_id: 'c9', name: 'Nine' }],
    ['/v1/balances.create', { customer_id: 'c1', feature_id: 'exports', included_grant: 3 }],
    ['/v1/entities.create', { customer_id: 'c1', entity_id: 'e1', feature_id: 'seats' }],
    ['/v1/features.create', { feature_id: 'f9', name: 'Nine', type: 'boolean' }],
    ['/v1/customers.delete', { customer_id: 'c2' }],
  ])('does nothing twice: %s %j', async (path, body) => {
    const first = await api.send(path, body, stored('k1'))
    const { seq } = (await api.engine.customer('c1')) ?? {}
    const again = await api.send(path, body, stored('k1'))
    expect(again).toMatchObject({ status: first.status, body: first.body })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect((await api.engine.customer('c1'))?.seq).toBe(seq)
  })

  it('may be tried again after a failure', async () => {
    expect(await api.send('/v1/balances.track', { ...use(50), overage_behavior: 'reject' }, stored('k1'))).toMatchObject({ status: 400 })
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', includedGrant: 100 })
    expect(await api.send('/v1/balances.track', { ...use(50), overage_behavior: 'reject' }, stored('k1'))).toMatchObject({ status: 200 })
  })
})

describe('the published client', () => {
  it('sends a key with a call', async () => {
    const call = () => api.autumn.track({ customerId: 'c1', featureId: 'messages' }, { headers: { 'Idempotency-Key': 'k1' } })
    await call()
    await expect(call()).rejects.toMatchObject({ statusCode: 409 })
    expect(await left()).toBe(9)
  })
})
