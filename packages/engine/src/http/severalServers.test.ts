import fc from 'fast-check'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../store/postgres/testServer.fixture.ts'
import { customerWith, declareCatalog, SECRET, type TestApi, testApi } from './api.fixture.ts'
import { malformedRequest } from './malformedRequest.fixture.ts'

let postgres: TestServer
let first: TestApi
let second: TestApi

beforeAll(async () => {
  postgres = await startTestServer()
  return () => postgres.stop()
}, 60_000)

beforeEach(async () => {
  const url = await postgres.createDatabase()
  first = await testApi({ url })
  await declareCatalog(first)
  await customerWith(first, 'c1', 'free')
  second = await testApi({ url })
  return async () => {
    await first.close()
    await second.close()
  }
}, 60_000)

/** Sends a request through both servers in turn, all at once. */
function race(count: number, request: (api: TestApi) => ReturnType<TestApi['send']>) {
  return Promise.all(Array.from({ length: count }, (_, index) => request(index % 2 === 0 ? first : second)))
}

const statuses = (answers: readonly { readonly status: number }[]): readonly number[] => answers.map(({ status }) => status).sort()
const left = async (api: TestApi) => (await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.remaining

it('let one request pass of many with the same key', async () => {
  const body = { customer_id: 'c1', feature_id: 'messages' }
  const headers = { 'idempotency-key': 'k1' }
  expect(statuses(await race(10, (api) => api.send('/v1/balances.track', body, { headers })))).toEqual([200, ...Array(9).fill(409)])
  expect(statuses(await race(10, (api) => api.send('/v1/balances.track', { ...body, idempotency_key: 'k2' })))).toEqual([
    200,
    ...Array(9).fill(409),
  ])
  expect(statuses(await race(6, (api) => api.send('/v1/plans.list', {}, { headers: { 'idempotency-key': 'k3' } })))).toEqual([
    200,
    ...Array(5).fill(409),
  ])
  expect([await left(first), await left(second)]).toEqual([8, 8])
})

it('grant a lock id once, and end it wherever it was taken', async () => {
  const lock = (api: TestApi) =>
    api.send('/v1/balances.check', {
      customer_id: 'c1',
      feature_id: 'messages',
      required_balance: 2,
      lock: { lock_id: 'l', enabled: true },
    })
  expect(statuses(await race(6, lock))).toEqual([200, ...Array(5).fill(409)])
  const finalize = (api: TestApi) => api.send('/v1/balances.finalize', { lock_id: 'l', action: 'confirm', override_value: 1 })
  const ends = statuses(await race(6, finalize))
  expect(ends[0]).toBe(200)
  expect(ends.slice(1).every((status) => status === 400 || status === 409)).toBe(true)
  expect([await left(first), await left(second)]).toEqual([9, 9])
})

it('admit together exactly what there is', async () => {
  const spend = (api: TestApi) =>
    api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'messages', required_balance: 3, send_event: true })
  const answers = await race(40, spend)
  expect(answers.filter(({ body }) => (body as { readonly allowed: boolean }).allowed)).toHaveLength(3)
})

it('learn of features and plans from each other', async () => {
  await second.autumn.features.create({ featureId: 'late', name: 'Late', type: 'metered', consumable: true })
  await second.autumn.balances.create({ customerId: 'c1', featureId: 'late', includedGrant: 3 })
  await first.autumn.track({ customerId: 'c1', featureId: 'messages' })
  expect(await first.autumn.check({ customerId: 'c1', featureId: 'late' })).toMatchObject({ allowed: true })
})

it('answer malformed requests with what is wrong with them', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(malformedRequest, async ({ method, path, body, headers }) => {
      const response = await first.app.request(new URL(path, 'http://tollgate.test').href, {
        method,
        headers: { ...headers, authorization: `Bearer ${SECRET}`, 'content-length': String(Buffer.byteLength(body)) },
        ...(method === 'GET' ? {} : { body }),
      })
      expect(response.status, await response.text()).toBeLessThan(500)
    }),
    { numRuns: 1_500, seed: 20_261_123 },
  )
  expect(await left(second)).toBe(10)
})
