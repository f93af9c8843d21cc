import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { amountOf } from '../../core/amount.ts'
import { createEngine, type Engine } from '../../engine.ts'
import { openEngine } from '../../openEngine.ts'
import { busyFeatures, busyPlans } from '../../testing/busyRegistry.fixture.ts'
import { LEDGER } from './migrate.ts'
import { forgetOperations } from './operations.ts'
import { postgresStore } from './postgresStore.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

let server: TestServer
let url: string
let one: Engine
let other: Engine

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  url = await server.createDatabase()
  one = await openEngine({ features: busyFeatures, plans: busyPlans, url })
  other = await openEngine({ features: busyFeatures, plans: busyPlans, url })
})
afterEach(async () => {
  await one.close()
  await other.close()
})
afterAll(() => server.stop())

function use(engine: Engine, customerId: string, units: number, operationId?: string) {
  const items = [{ featureId: 'messages', units: amountOf(units) }]
  const rest = { entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
  const operation = operationId === undefined ? {} : { operation: { id: operationId, fingerprint: '' } }
  return engine.execute(customerId, { kind: 'track', items, ...rest }, { create: true, ...operation })
}

async function usedBy(engine: Engine, customerId: string): Promise<bigint | undefined> {
  return (await engine.customer(customerId))?.grants.find((grant) => grant.featureId === 'messages')?.used
}

async function run(text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const result = await client.query(text)
  await client.end()
  return result
}

describe('two processes on one database', () => {
  it('see what the other one recorded, whatever they remember', async () => {
    for (let round = 1; round <= 20; round++) {
      expect((await use(round % 2 ? one : other, 'ann', 1)).ok).toBe(true)
      expect(await usedBy(one, 'ann')).toBe(amountOf(round))
      expect(await usedBy(other, 'ann')).toBe(amountOf(round))
    }
  })

  it('give an operation id one meaning, whoever is faster', async () => {
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([use(one, `ann-${round}`, 1, `op-${round}`), use(other, `bob-${round}`, 1, `op-${round}`)])
      expect(answers.map((answer) => (answer.ok ? 'done' : answer.code)).sort()).toEqual(['done', 'operation_conflict'])
    }
  })

  it('decide and answer by the catalog that the other one saved', async () => {
    await use(one, 'ann', 1)
    await use(other, 'bob', 1)
    const before = other.catalog.version
    const saved = await one.changeCatalog((catalog) => ({ ...catalog, version: catalog.version + 1, plans: new Map() }))
    expect(saved.version).toBe(before + 1)
    expect(other.catalog.version).toBe(before)
    // Its plans are gone, so a customer created now gets none.
    expect(await use(other, 'cid', 1)).toMatchObject({ ok: false, code: 'short' })
    expect(other.catalog).toEqual(saved)
  })

  it('hear of a new catalog by reading alone', async () => {
    await use(one, 'ann', 1)
    const saved = await one.changeCatalog((catalog) => ({ ...catalog, version: catalog.version + 1 }))
    await other.customer('ann')
    expect(other.catalog).toEqual(saved)
  })

  it('hold on to nothing that a failover took back', async () => {
    for (const units of [1, 2, 4]) await use(one, 'ann', units)
    await usedBy(other, 'ann')
    // A standby that had not yet heard of the last entry takes over, and something else is recorded under its number.
    await run(`DELETE FROM tollgate.entries WHERE customer_id = 'ann' AND seq = 3`)
    await use(await fresh(), 'ann', 8)
    for (const engine of [one, other]) expect(await usedBy(engine, 'ann')).toBe(amountOf(11))
    expect((await use(one, 'ann', 16)).ok).toBe(true)
    expect(await usedBy(other, 'ann')).toBe(amountOf(27))
  })

  const fresh = async (): Promise<Engine> => {
    await other.close()
    other = await openEngine({ features: busyFeatures, plans: busyPlans, url })
    return other
  }
})

describe('a store', () => {
  it('remembers no more customers than it was told to, and is right about the others too', async () => {
    const engine = createEngine({ store: await postgresStore(url, { cachedCustomers: 4 }), catalog: one.catalog })
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 40 }, (_, index) => use(engine, `c${index}`, 1)))
    }
    const used = await Promise.all(Array.from({ length: 40 }, (_, index) => usedBy(engine, `c${index}`)))
    expect(new Set(used)).toEqual(new Set([amountOf(3)]))
    await engine.close()
  })

  it('waits for the disk, but not where a batch is all relaxed', async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    /** How often the server still had something to bring to the disk when a change was answered. */
    const timesBehind = async (relaxed: boolean): Promise<number> => {
      let times = 0
      for (let round = 0; round < 20; round++) {
        const hold = { kind: 'reserve', operation: null, items: [{ featureId: 'messages', units: amountOf(1) }], entityId: null } as const
        const more = { overage: 'reject', expiresAt: Date.now() + 60_000, properties: null } as const
        await one.execute('ann', { ...hold, ...more, holdId: crypto.randomUUID() }, { create: true, relaxed })
        const { rows } = await client.query('SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn() AS behind')
        if (rows[0].behind) times += 1
      }
      return times
    }
    const durable = await timesBehind(false)
    // The server brings it to the disk by itself a moment later, which the question may come too late for; but not each time.
    expect(await timesBehind(true)).toBeGreaterThan(durable + 5)
    await client.end()
  })

  it('forgets operations a day after they expired, and no earlier', async () => {
    const day = 86_400_000
    await use(one, 'ann', 1, 'op')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await forgetOperations(client, Date.now() + 6 * day)
    expect(await one.operation('op')).not.toBeNull()
    await forgetOperations(client, Date.now() + 9 * day)
    expect(await one.operation('op')).toBeNull()
    await client.end()
  })

  it('refuses a database that a newer version has changed', async () => {
    await run(`INSERT INTO tollgate.migrations (version, name) VALUES (${LEDGER.migrations.length + 1}, 'of the future')`)
    await expect(postgresStore(url)).rejects.toThrow(`schema version ${LEDGER.migrations.length + 1}`)
  })

  it('needs no right to change the schema once it is up to date', async () => {
    const name = `limited_${process.pid}_${Date.now()}`
    await run(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`)
    await run(`GRANT USAGE ON SCHEMA tollgate TO ${name}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tollgate TO ${name}`)
    const limited = new URL(url)
    limited.username = name
    limited.password = 'secret'
    const engine = await openEngine({ features: busyFeatures, plans: busyPlans, url: limited.href })
    expect((await use(engine, 'ann', 1)).ok).toBe(true)
    await engine.close()
    await run(`DROP OWNED BY ${name}; DROP ROLE ${name}`)
  })
})
