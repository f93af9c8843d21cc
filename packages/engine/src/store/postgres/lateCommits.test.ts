import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { exportLedger } from '../../transfer/exportLedger.ts'
import { verify } from '../../verify.ts'
import { counting } from '../contract/works.fixture.ts'
import type { EntryQuery, Store } from '../store.ts'
import { postgresStore } from './postgresStore.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

// Entries and customers are put in order by a time that is read before they are committed: one may appear behind others that came later.

let server: TestServer
let store: Store
let slow: pg.Client

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  const url = await server.createDatabase()
  store = await postgresStore(url)
  slow = new pg.Client({ connectionString: url })
  await slow.connect()
  for (const id of ['ann', 'bob', 'cid']) for (let entry = 0; entry < 2; entry++) await count(id)
})
afterEach(async () => {
  await slow.end()
  await store.close()
})
afterAll(() => server.stop())

async function count(customerId: string): Promise<void> {
  await store.transact([{ customerId, operationId: null, run: counting(customerId) }])
}

/** A transaction of another process, which records and does not end yet. */
async function record(customerId: string, seq: number): Promise<void> {
  const now = '(extract(epoch FROM clock_timestamp()) * 1000000)::bigint'
  await slow.query('BEGIN')
  await slow.query(
    `INSERT INTO tollgate.customers (customer_id, created, deleted, search) VALUES ($1, ${now}, false, $1) ON CONFLICT (customer_id) DO NOTHING`,
    [customerId],
  )
  await slow.query('SELECT FROM tollgate.customers WHERE customer_id = $1 FOR UPDATE', [customerId])
  await slow.query(
    `INSERT INTO tollgate.entries (customer_id, seq, at, recorded, batch, changes)
     SELECT $1::text, $2::bigint, at, ${now}, 7, replace(changes, 'bob', $1::text)
     FROM tollgate.entries WHERE customer_id = 'bob' AND seq = least($2::bigint, 2)`,
    [customerId, seq],
  )
}

async function* paged(query: Omit<EntryQuery, 'limit' | 'cursor'>): AsyncGenerator<string> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.entries({ ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    for (const entry of page.items) yield `${entry.customerId} ${entry.seq}`
    cursor = page.nextCursor
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const SETTLED = ['ann 1', 'ann 2', 'bob 1', 'bob 2', 'cid 1', 'cid 2']

describe('a transaction that ends while others read', () => {
  it.each(['oldest', 'newest'] as const)('takes nothing away from them that was there before, %s first', async (order) => {
    await record('ann', 3)
    await count('bob')
    const read: string[] = []
    for await (const entry of paged({ order })) {
      read.push(entry)
      if (read.length === 5) await slow.query('COMMIT')
    }
    expect(read.filter((entry) => entry !== 'ann 3').toSorted()).toEqual([...SETTLED, 'bob 3'].toSorted())
  })

  it('may be behind a reader of all customers, and is there for whoever reads again', async () => {
    await record('ann', 3)
    await count('bob')
    await count('cid')
    const { nextCursor } = await store.entries({ order: 'oldest', limit: 7 })
    await slow.query('COMMIT')
    const rest = await store.entries({ order: 'oldest', limit: 7, ...(nextCursor === null ? {} : { cursor: nextCursor }) })
    expect(rest.items.map(({ customerId }) => customerId)).toEqual(['cid'])
    expect(await all(paged({ order: 'oldest' }))).toEqual([...SETTLED, 'ann 3', 'bob 3', 'cid 3'])
  })

  it('is never behind a reader of its customer: the next entry waits for it', async () => {
    const { nextCursor } = await store.entries({ customerId: 'ann', order: 'oldest', limit: 1 })
    const readOn = async (): Promise<readonly number[]> => {
      const page = await store.entries({
        customerId: 'ann',
        order: 'oldest',
        limit: 5,
        ...(nextCursor === null ? {} : { cursor: nextCursor }),
      })
      return page.items.map(({ seq }) => seq)
    }
    await record('ann', 3)
    const next = count('ann')
    expect(await readOn()).toEqual([2])
    await slow.query('COMMIT')
    await next
    expect(await readOn()).toEqual([2, 3, 4])
  })
})

describe('an audit and an export', () => {
  it('are whole while a customer is being created whose place lies before theirs', async () => {
    await record('new', 1)
    await count('dan')
    const lines: string[] = []
    for await (const line of exportLedger(store)) {
      lines.push(line)
      if (line.includes('"dan"')) await slow.query('COMMIT')
    }
    expect(lines.filter((line) => line.startsWith('{"customer"')).length).toBe(4)
    expect(lines.at(-1)).toBe('{"end":{"customers":4,"entries":7,"operations":0}}')
    expect(await verify(store)).toEqual({ customers: 5, entries: 8, faults: [] })
  })

  it('count no entry as lost that was recorded meanwhile', async () => {
    await record('new', 1)
    await count('dan')
    let committed: Promise<unknown> | null = null
    const found = await verify(store, {
      onProgress: ({ customers }) => {
        if (customers === 2) committed ??= slow.query('COMMIT')
      },
    })
    await committed
    expect(found).toEqual({ customers: 4, entries: 7, faults: [] })
  })
})
