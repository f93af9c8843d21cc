import fc from 'fast-check'
import { expect, it } from 'vitest'
import { customerWith, declareCatalog, SECRET, type TestApi, testApi } from './api.fixture.ts'
import { malformedRequest } from './malformedRequest.fixture.ts'

const RUNS = 12_000

/** All that requests could have changed. */
async function everything({ engine }: TestApi): Promise<unknown> {
  const { items } = await engine.customers({ limit: 1_000 })
  const entries = await engine.entries({ order: 'oldest', limit: 10_000 })
  return { items, entries: entries.items.length, catalog: engine.catalog.version }
}

it(`answers ${RUNS} malformed requests with what is wrong with them, and nothing moves`, { timeout: 120_000 }, async () => {
  const faults: unknown[] = []
  const api = await testApi({ logger: { error: (...fault) => faults.push(fault) } })
  await declareCatalog(api)
  await api.autumn.features.create({ featureId: 'spare', name: 'Spare', type: 'boolean' })
  await customerWith(api, 'c1', 'free')
  await api.autumn.entities.create({ customerId: 'c1', entityId: 'e1', featureId: 'seats' })
  await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 3 })
  await api.autumn.check({ customerId: 'c1', featureId: 'messages', lock: { lockId: 'held', enabled: true } })
  const before = await everything(api)
  const version = api.engine.catalog.version
  const seq = (await api.engine.customer('c1'))?.seq
  const seen = new Map<number, number>()

  await fc.assert(
    fc.asyncProperty(malformedRequest, async ({ method, path, body, headers }) => {
      const url = new URL(path, 'http://tollgate.test').href
      const started = performance.now()
      const response = await api.app.request(url, {
        method,
        headers: { ...headers, authorization: `Bearer ${SECRET}`, 'content-length': String(Buffer.byteLength(body)) },
        ...(method === 'GET' ? {} : { body }),
      })
      const answer: unknown = await response.json()
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
      expect(response.status, JSON.stringify(answer)).toBeLessThan(500)
      expect(performance.now() - started).toBeLessThan(1_000)
      if (response.status >= 400) expect(answer).toMatchObject({ code: expect.any(String), message: expect.any(String), env: 'sandbox' })
      expect(api.engine.catalog.version).toBe(version)
      expect((await api.engine.customer('c1'))?.seq).toBe(seq)
    }),
    { numRuns: RUNS, seed: Number(process.env['FUZZ_SEED'] ?? 20_261_123), verbose: 1 },
  )

  expect(await everything(api)).toEqual(before)
  expect(faults).toEqual([])
  expect(seen.get(400)).toBeGreaterThan(RUNS / 4)
  expect(seen.get(404)).toBeGreaterThan(RUNS / 20)
  await api.close()
})
