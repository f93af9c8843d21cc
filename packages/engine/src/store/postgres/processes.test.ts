import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { amountOf } from '../../core/amount.ts'
import { openEngine } from '../../openEngine.ts'
import { busyFeatures, busyPlans, RUSHED } from '../../testing/busyRegistry.fixture.ts'
import { FAST_START, surviveKills } from '../../testing/killed.contract.ts'
import { verify } from '../../verify.ts'
import { openStore } from '../openStore.ts'
import { StoreUnavailableError } from '../store.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

const KILLS = 100
const ROUNDS = 1_000
const minutes = 60_000

let server: TestServer
const children: ChildProcess[] = []

beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => server.stop())

describe('exact admission', () => {
  it.each([1, 4])(
    `lets in as many as there is room for, never more and never fewer, from processes: %i`,
    { timeout: 5 * minutes },
    async (processes) => {
      const url = await server.createDatabase()
      const rushing = await Promise.all(Array.from({ length: processes }, () => rushingProcess(url)))
      for (let round = 0; round < ROUNDS; round++) {
        const cost = 1 + (round % 4)
        // Twice as many as there is room for, spread over the processes.
        const callers = Math.ceil((2 * RUSHED) / cost / processes)
        const admitted = await Promise.all(rushing.map((process) => process.rush(`customer-${round}`, cost, callers)))
        const sum = admitted.reduce((total, each) => total + each, 0)
        expect(sum, `round ${round}: ${callers} calls of ${cost} from each of ${processes}`).toBe(
          Math.min(Math.floor(RUSHED / cost), callers * processes),
        )
      }
      for (const process of rushing) await process.end()
      await expectSound(url)
    },
  )
})

describe('a process that is killed', () => {
  it(`leaves what it acknowledged, ${KILLS} times over, and leaves it once`, { timeout: 5 * minutes }, async () => {
    await expect(surviveKills(await server.createDatabase(), KILLS)).resolves.toBeUndefined()
  })
})

describe('a server that goes away', () => {
  it('costs nothing that was acknowledged, doubles nothing, and is used again once it is back', { timeout: 2 * minutes }, async ({
    skip,
  }) => {
    const { power } = server
    if (power === null) return skip('the server is somebody else’s: it cannot be stopped')
    const url = await server.createDatabase()
    const load = await startLoad(url)
    for (let stop = 0; stop < 3; stop++) {
      await load.untilAcknowledged(50)
      await power.off()
      await power.on()
    }
    await load.untilAcknowledged(50)
    await load.stop()
    await expectCounted(url, load)
  })

  it('costs nothing when only the connections are cut', { timeout: 2 * minutes }, async () => {
    const url = await server.createDatabase()
    const load = await startLoad(url)
    for (let cut = 0; cut < 20; cut++) {
      await load.untilAcknowledged(20)
      await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}'`)
    }
    await load.untilAcknowledged(20)
    await load.stop()
    await expectCounted(url, load)
  })
})

describe('processes that start and write at the same time', () => {
  it('bring the schema up to date together', { timeout: minutes }, async () => {
    const url = await server.createDatabase()
    const stores = await Promise.all(Array.from({ length: 8 }, () => openStore(url, Date.now)))
    expect(await Promise.all(stores.map((store) => store.totals()))).toEqual(Array(8).fill({ customers: 0, entries: 0 }))
    for (const store of stores) await store.close()
  })

  it('never wait for each other in a circle, in whatever order they name customers', { timeout: minutes }, async () => {
    const url = await server.createDatabase()
    const engines = await Promise.all(Array.from({ length: 4 }, () => openEngine({ features: busyFeatures, plans: busyPlans, url })))
    for (let round = 0; round < 50; round++) {
      const ids = Array.from({ length: 16 }, (_, index) => `c-${index}`)
      const writes = engines.flatMap((engine, index) => {
        const order = index % 2 === 0 ? ids : ids.toReversed()
        return order.map((id) =>
          engine.execute(id, useOf('messages', 1), { create: true, operation: { id: `${round}-${index}-${id}`, fingerprint: '' } }),
        )
      })
      expect((await Promise.all(writes)).every((answer) => answer.ok)).toBe(true)
    }
    for (const engine of engines) await engine.close()
    await expectSound(url)
  })
})

describe('the schema', () => {
  it('is the one that is written down', async () => {
    const url = await server.createDatabase()
    await (await openStore(url, Date.now)).close()
    await expect(await schemaAt(url)).toMatchFileSnapshot('schema.txt')
  })
})

interface Rushing {
  rush(customer: string, cost: number, callers: number): Promise<number>
  end(): Promise<void>
}

async function rushingProcess(url: string): Promise<Rushing> {
  const program = join(import.meta.dirname, '..', '..', 'testing', 'rushingProcess.fixture.ts')
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', program, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: FAST_START,
  })
  children.push(child)
  const lines = linesOf(createInterface(child.stdout))
  await lines()
  return {
    async rush(customer, cost, callers) {
      child.stdin.write(`${customer} ${cost} ${callers}\n`)
      return Number(await lines())
    },
    async end() {
      const ended = once(child, 'close')
      child.stdin.end()
      await ended
    },
  }
}

function linesOf(reader: Interface): () => Promise<string> {
  const lines = reader[Symbol.asyncIterator]()
  return async () => (await lines.next()).value ?? ''
}

interface Load {
  /** Operations that were answered as done. */
  readonly acknowledged: ReadonlySet<string>
  untilAcknowledged(more: number): Promise<void>
  stop(): Promise<void>
}

/** Callers that use one unit after the other under ids of their own, and repeat a call under its id until it is answered. */
async function startLoad(url: string): Promise<Load> {
  const engine = await openEngine({ features: busyFeatures, plans: busyPlans, url })
  const acknowledged = new Set<string>()
  let running = true
  let wake = (): void => undefined
  const call = async (operationId: string): Promise<void> => {
    for (;;) {
      try {
        const answer = await engine.execute(customerOf(operationId), useOf('messages', 1), {
          create: true,
          operation: { id: operationId, fingerprint: '' },
        })
        // `operation_done`: it had taken effect when its answer was lost.
        expect(answer.ok || answer.code === 'operation_done', JSON.stringify(answer.ok || answer.code)).toBe(true)
        acknowledged.add(operationId)
        wake()
        return
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
      }
    }
  }
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    for (let count = 0; running; count++) await call(`${caller}-${count}`)
  })
  return {
    acknowledged,
    async untilAcknowledged(more) {
      const wanted = acknowledged.size + more
      while (acknowledged.size < wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async stop() {
      running = false
      await Promise.all(callers)
      await engine.close()
    },
  }
}

function useOf(featureId: 'messages', units: number) {
  const items = [{ featureId, units: amountOf(units) }]
  return { kind: 'track', items, entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
}

function customerOf(operationId: string): string {
  return `customer-${operationId.split('-')[0]}`
}

/** Every acknowledged call is in the ledger once, and no other call is. */
async function expectCounted(url: string, { acknowledged }: Load): Promise<void> {
  const store = await openStore(url, Date.now)
  const recorded: (string | null)[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.entries({ order: 'oldest', limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    recorded.push(...page.items.map((entry) => entry.operationId))
    cursor = page.nextCursor
  }
  await store.close()
  expect(recorded.length).toBe(acknowledged.size)
  expect(new Set(recorded)).toEqual(acknowledged)
  await expectSound(url)
}

async function expectSound(url: string): Promise<void> {
  const store = await openStore(url, Date.now)
  expect((await verify(store)).faults).toEqual([])
  await store.close()
}

/** Tables, columns and indexes as the server knows them. */
async function schemaAt(url: string): Promise<string> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const columns = await client.query(
      `SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS line
       FROM information_schema.columns WHERE table_schema = 'tollgate' ORDER BY table_name, ordinal_position`,
    )
    const indexes = await client.query(`SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'tollgate' ORDER BY indexname`)
    return `${[...columns.rows, ...indexes.rows].map(({ line }: { line: string }) => line).join('\n')}\n`
  } finally {
    await client.end()
  }
}
