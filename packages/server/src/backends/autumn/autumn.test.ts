import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../../../engine/src/store/postgres/testServer.fixture.ts'
import { emptied } from '../../outbox/postgres/emptied.fixture.ts'
import { type BackendUnderTest, backendContract, held } from '../backend.contract.ts'
import { startAutumn, type TestAutumnOptions } from './autumn.fixture.ts'
import { lease } from './leases.ts'

let server: TestServer
let outbox: { readonly url: string }
beforeAll(async () => {
  server = await startTestServer()
  outbox = { url: await server.createDatabase() }
})
afterAll(() => server.stop())

const open = (options: TestAutumnOptions) => async (): Promise<BackendUnderTest> => {
  const { backend, advance, ledgerUsed, close } = await startAutumn(options)
  return {
    backend,
    advance,
    async usedOf(customerId, featureId) {
      await backend.outbox.drain()
      return ledgerUsed(customerId, featureId)
    },
    close,
  }
}

backendContract('autumn, awaited, in process', open({ settle: 'await' }))
backendContract('autumn, in the background, in process', open({}))
backendContract('autumn, over a socket', open({ settle: 'await', socket: true }))
backendContract('autumn, with its outbox in PostgreSQL', async () => {
  const test = await open({ outbox })()
  return {
    ...test,
    async close() {
      await test.close()
      await emptied(outbox.url)
    },
  }
})

it('spends nothing from blocks that another process may have returned: after a halt of half a minute it takes new ones', async () => {
  const { backend, another, requests, advance, ledgerUsed, close } = await startAutumn({
    outbox,
    lease: { logs: lease({ units: 100, ttlMs: 600_000 }) },
  })
  const caller = { customerId: 'acme', entityId: null }
  const items = [{ featureId: 'logs', units: 1 }]
  const spend = async (id: string): Promise<void> => {
    const hold = held(await backend.reserve({ caller, items, operation: { id, fingerprint: '' }, ttlMs: 60_000, procedure: 'test.call' }))
    await backend.commit(hold, { units: items, overage: 'refuse', answer: null })
  }
  const locks = () => requests.filter(({ body }) => body['lock'] !== undefined).length
  await backend.access(caller)
  await spend('before')
  await spend('before too')
  expect(locks()).toBe(1)
  advance(31_000)
  await another({ lease: {} }).outbox.drain()
  expect(await ledgerUsed('acme', 'logs')).toBe(2)
  await spend('after')
  expect(locks()).toBe(2)
  await backend.close()
  expect(await ledgerUsed('acme', 'logs')).toBe(3)
  // Each unit came out of a block.
  expect(requests.filter(({ path }) => path === '/v1/balances.track')).toEqual([])
  await close()
  await emptied(outbox.url)
})
