import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Autumn } from 'autumn-js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCatalog } from '../core/catalog.ts'
import { createEngine } from '../engine.ts'
import { memoryStore } from '../store/memory/memoryStore.ts'
import { type Store, StoreUnavailableError } from '../store/store.ts'
import { clientOf, customerWith, declareCatalog, SECRET, type TestApi, testApi } from './api.fixture.ts'
import { autumnApi } from './autumnApi.ts'

describe('over a socket', () => {
  let api: TestApi
  let url: string
  let server: ReturnType<typeof createAdaptorServer>

  beforeEach(async () => {
    api = await testApi()
    await declareCatalog(api)
    await customerWith(api, 'c1', 'free')
    server = createAdaptorServer({ fetch: api.app.fetch })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve))
    await api.close()
  })

  const post = (path: string, body: string | ReadableStream | null, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET}`, ...headers },
      body,
      duplex: 'half',
    } as RequestInit)

  it('serves the published client', async () => {
    const autumn = new Autumn({ secretKey: SECRET, serverURL: url, failOpen: false })
    expect(await autumn.check({ customerId: 'c1', featureId: 'messages' })).toMatchObject({ allowed: true })
    expect(await autumn.track({ customerId: 'c1', featureId: 'messages', value: 3 })).toMatchObject({ balance: { remaining: 7 } })
    const lock = { lockId: 'l', enabled: true as const }
    expect(await autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 5, lock })).toMatchObject({ allowed: true })
    expect(await autumn.balances.finalize({ lockId: 'l', action: 'confirm', overrideValue: 1 })).toEqual({ success: true })
    await expect(autumn.customers.get({ customerId: 'nobody' })).rejects.toMatchObject({ statusCode: 404 })
    expect((await autumn.events.list({ customerId: 'c1' })).list.map(({ value }) => value)).toEqual([-4, 5, 3])
  })

  it('admits exactly what there is, however many ask', async () => {
    const autumn = new Autumn({ secretKey: SECRET, serverURL: url, failOpen: false })
    const ask = () => autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 2, sendEvent: true })
    const answers = await Promise.all(Array.from({ length: 40 }, ask))
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(5)
  })

  it('refuses a body that is too large, whether its length was announced or not', async () => {
    const large = JSON.stringify({ customer_id: 'c1', feature_id: 'messages', properties: { text: 'x'.repeat(1_000_000) } })
    expect((await post('/v1/track', large)).status).toBe(413)
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < large.length; at += 65_536) controller.enqueue(new TextEncoder().encode(large.slice(at, at + 65_536)))
        controller.close()
      },
    })
    expect((await post('/v1/track', chunks)).status).toBe(413)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.usage).toBe(0)
  })

  it('reads a body whose length was not announced', async () => {
    const body = new Blob([JSON.stringify({ customer_id: 'c1', feature_id: 'messages', value: 2 })]).stream()
    expect((await post('/v1/track', body)).status).toBe(200)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.usage).toBe(2)
  })

  it('says what is wrong with JSON that cannot be parsed, and takes no body for an empty one', async () => {
    const malformed = await post('/v1/track', '{"customer_id":')
    expect([malformed.status, await malformed.json()]).toMatchObject([
      400,
      { code: 'invalid_inputs', message: expect.stringMatching(/^body: not valid JSON/) },
    ])
    const none = await post('/v1/track', null)
    expect(await none.json()).toMatchObject({ code: 'invalid_inputs', message: 'customer_id: must be a string (received undefined)' })
  })
})

describe('in an outage', () => {
  async function withStore(change: (store: Store) => Partial<Store>) {
    const faults: unknown[] = []
    const store = memoryStore()
    const engine = createEngine({ store: { ...store, ...change(store) }, catalog: createCatalog(0, [], []) })
    const app = autumnApi(engine, { secretKeys: [SECRET], logger: { error: (message, fault) => faults.push([message, fault]) } })
    const api = { app, autumn: clientOf(app) }
    return { ...api, faults }
  }

  it('of the store never reports a check as allowed or a use as recorded', async () => {
    let isDown = false
    const outage = () => {
      throw new StoreUnavailableError('the disk is full', 'nothing_happened')
    }
    const { app, autumn, faults } = await withStore((store) => ({
      transact: (works) => (isDown ? outage() : store.transact(works)),
      customer: (id) => (isDown ? outage() : store.customer(id)),
    }))
    await declareCatalog({ autumn })
    await customerWith({ autumn }, 'c1', 'free')
    isDown = true
    const body = JSON.stringify({ customer_id: 'c1', feature_id: 'messages' })
    for (const path of ['/v1/balances.check', '/v1/balances.track']) {
      const response = await app.request(path, { method: 'POST', headers: { authorization: `Bearer ${SECRET}` }, body })
      expect([response.status, response.headers.get('retry-after'), await response.json()]).toMatchObject([
        503,
        '1',
        { code: 'internal_error' },
      ])
    }
    await expect(autumn.check({ customerId: 'c1', featureId: 'messages' })).rejects.toMatchObject({ statusCode: 503 })
    expect(faults).toHaveLength(3)
  })

  it('of our own making tells the client nothing about it, and the log everything', async () => {
    const { app, faults } = await withStore(() => ({
      customers: () => {
        throw new Error('secret detail')
      },
    }))
    const response = await app.request('/v1/customers.list', { method: 'POST', headers: { authorization: `Bearer ${SECRET}` }, body: '{}' })
    expect([response.status, await response.json()]).toEqual([
      500,
      { message: 'Internal server error', code: 'internal_error', env: 'sandbox' },
    ])
    expect(faults).toMatchObject([['POST /v1/customers.list failed', { message: 'secret detail' }]])
  })
})

describe('the environment', () => {
  it('is what answers say of themselves', async () => {
    const api = await testApi({ env: 'live' })
    expect(await api.autumn.customers.getOrCreate({ customerId: 'c1' })).toMatchObject({ env: 'live' })
    expect(await api.send('/v1/customers.get', {})).toMatchObject({ status: 400, body: { env: 'live' } })
    await api.close()
  })
})
