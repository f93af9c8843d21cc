import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { amountOf } from '../../core/amount.ts'
import type { Entry } from '../../core/entry.ts'
import { createEngine, type Engine } from '../../engine.ts'
import { catalogOf } from '../../registry.ts'
import { busyFeatures, busyPlans } from '../../testing/busyRegistry.fixture.ts'
import { attempt, counting } from '../contract/works.fixture.ts'
import { StoreUnavailableError } from '../store.ts'
import { type Cut, type CuttingProxy, cuttingProxy } from './cuttingProxy.fixture.ts'
import { type PostgresOptions, postgresStore } from './postgresStore.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

const CATALOG = catalogOf(busyFeatures, busyPlans, null, 0)

let server: TestServer
let url: string
let proxy: CuttingProxy
const open: Engine[] = []

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  url = await server.createDatabase()
  proxy = await cuttingProxy(url)
})
afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close()
  await proxy.close()
})
afterAll(() => server.stop())

async function engineAt(place: string, options: PostgresOptions = {}): Promise<Engine> {
  const engine = createEngine({ store: await postgresStore(place, options), catalog: CATALOG })
  open.push(engine)
  return engine
}

function use(engine: Engine, customerId: string, operationId: string) {
  const items = [{ featureId: 'messages', units: amountOf(1) }]
  const rest = { entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
  return engine.execute(customerId, { kind: 'track', items, ...rest }, { create: true, operation: { id: operationId, fingerprint: '' } })
}

/** The ledger as it is in the database, past the proxy. */
async function recorded(): Promise<readonly Entry[]> {
  const store = await postgresStore(url)
  const { items } = await store.entries({ order: 'oldest', limit: 100 })
  await store.close()
  return items
}

describe('a commit that is not answered', () => {
  it.each<[Cut, string]>([
    ['before', 'did not arrive'],
    ['after', 'took effect'],
  ])('is told from its effect, cut %s it arrived: what %s happens once', async (where) => {
    const engine = await engineAt(proxy.url)
    await use(engine, 'known', 'first')
    for (const customerId of ['known', 'new']) {
      proxy.cut(where)
      expect((await use(engine, customerId, `to ${customerId}`)).ok).toBe(true)
    }
    const entries = await recorded()
    expect(entries.map((entry) => entry.operationId)).toEqual(['first', 'to known', 'to new'])
    // The next decision stands on what was really recorded.
    expect((await use(engine, 'known', 'last')).ok).toBe(true)
    expect((await engine.customer('known'))?.seq).toBe(3)
  })

  it.each<Cut>(['before', 'after'])('is told for each of the batches that were under way, cut %s the first arrived', async (where) => {
    const store = await postgresStore(proxy.url)
    const customers = ['ann', 'bob', 'ann', 'cid']
    for (const id of [...customers, ...customers]) await store.transact([{ customerId: id, operationId: null, run: counting(id) }])
    proxy.cut(where)
    const batches = customers.map((id) => attempt(() => store.transact([{ customerId: id, operationId: null, run: counting(id) }])))
    await Promise.all(batches)
    const last = await Promise.all(['ann', 'bob', 'cid'].map(async (id) => (await store.customer(id))?.seq))
    expect(last).toEqual([6, 3, 3])
    expect(await recorded()).toHaveLength(12)
    await store.close()
  })

  it('is waited for while it is under way', async () => {
    await use(await engineAt(url), 'known', 'first')
    // Who does not know the customer yet locks it first, and commits with what was decided then.
    const engine = await engineAt(proxy.url)
    proxy.cut('late')
    const second = use(engine, 'known', 'second')
    await until(async () => (await waitingForLocks()) > 0)
    proxy.letGo()
    expect((await second).ok).toBe(true)
    expect((await recorded()).map((entry) => entry.operationId)).toEqual(['first', 'second'])
  })

  it('fails when it arrives after its repetition', async () => {
    const engine = await engineAt(proxy.url)
    proxy.cut('late')
    expect((await use(engine, 'new', 'first')).ok).toBe(true)
    proxy.letGo()
    await until(async () => (await sessionsInTransaction()) === 0)
    expect((await recorded()).map((entry) => entry.operationId)).toEqual(['first'])
    expect((await use(engine, 'new', 'second')).ok).toBe(true)
  })

  it.each<Cut>(['before', 'after'])('uses an id up once, cut %s it arrived', async (where) => {
    const engine = await engineAt(proxy.url)
    await use(engine, 'known', 'first')
    proxy.cut(where)
    expect(await engine.claim({ id: 'only once', fingerprint: '' })).toBeNull()
    expect(await engine.claim({ id: 'only once', fingerprint: '' })).toMatchObject({ id: 'only once' })
  })

  it('is unknown when the server stays away', async () => {
    const engine = await engineAt(proxy.url, { connectTimeoutMs: 200, statementTimeoutMs: 200, patienceMs: 300 })
    await use(engine, 'known', 'first')
    proxy.cut('after')
    const second = use(engine, 'known', 'second')
    await until(async () => (await recorded()).length === 2)
    proxy.hang(true)
    const failure = await second.then(
      () => null,
      (error: unknown) => error,
    )
    proxy.hang(false)
    // It may have been answered before the server went away.
    if (failure !== null) expect(failure).toMatchObject({ name: 'StoreUnavailableError', outcome: 'unknown' })
    await until(async () => {
      const again = await use(engine, 'known', 'second').catch(() => null)
      return again !== null && !again.ok && again.code === 'operation_done'
    })
    expect(await recorded()).toHaveLength(2)
  })
})

describe('a server that does not answer', () => {
  const impatient = { connectTimeoutMs: 200, statementTimeoutMs: 200, patienceMs: 100 }

  it('is told to writers and readers within the time that was set, and used again when it answers', async () => {
    const engine = await engineAt(proxy.url, impatient)
    await use(engine, 'ann', 'first')
    proxy.hang(true)
    const startedAt = performance.now()
    const calls = await Promise.allSettled([
      use(engine, 'ann', 'second'),
      engine.customer('ann'),
      engine.operation('first'),
      engine.entries({ order: 'newest', limit: 1 }),
    ])
    const told = (outcome: string) => ({ status: 'rejected', reason: { name: 'StoreUnavailableError', outcome } })
    // The write had been sent when the server fell silent.
    expect(calls).toMatchObject([told('unknown'), told('nothing_happened'), told('nothing_happened'), told('nothing_happened')])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    proxy.hang(false)
    await until(async () => (await use(engine, 'ann', 'third').catch(() => null))?.ok === true)
    expect((await engine.customer('ann'))?.seq).toBe(2)
    expect((await recorded()).map((entry) => entry.operationId)).toEqual(['first', 'third'])
  })

  it('is told at once to those who come while it is known to be away', async () => {
    const engine = await engineAt(proxy.url, impatient)
    proxy.hang(true)
    await expect(use(engine, 'ann', 'first')).rejects.toBeInstanceOf(StoreUnavailableError)
    const startedAt = performance.now()
    await expect(use(engine, 'ann', 'second')).rejects.toBeInstanceOf(StoreUnavailableError)
    expect(performance.now() - startedAt).toBeLessThan(100)
  })

  it('is told with the place and without the password, when a store is opened', async () => {
    proxy.hang(true)
    const { password, port } = new URL(proxy.url)
    const failure = await postgresStore(proxy.url, impatient).then(
      () => null,
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(StoreUnavailableError)
    expect(String(failure)).toContain(`127.0.0.1:${port}`)
    expect(String(failure)).not.toContain(password)
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 10 }).toBe(true)
}

async function count(condition: string): Promise<number> {
  const { rows } = await server.query(
    `SELECT count(*)::integer AS sessions FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}' AND ${condition}`,
  )
  return rows[0].sessions
}

function waitingForLocks(): Promise<number> {
  return count("wait_event_type = 'Lock'")
}

function sessionsInTransaction(): Promise<number> {
  return count("state <> 'idle'")
}
