import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { counting } from '../contract/works.fixture.ts'
import { postgresStore } from './postgresStore.ts'
import { ASSERT_AS_REMEMBERED, LAST_ENTRIES, LOAD_CUSTOMERS } from './statements.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

const PAGE = join(import.meta.dirname, '../../../../../docs/scaling.md')

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

it('splits the entries by customer as the page on scaling says, and looks at one part for each customer', async () => {
  const url = await server.createDatabase()
  const customers = Array.from({ length: 40 }, (_, index) => `customer ${index}`)
  const count = async (): Promise<void> => {
    const store = await postgresStore(url)
    for (let entry = 0; entry < 3; entry++)
      await store.transact(customers.map((id) => ({ customerId: id, operationId: null, run: counting(id) })))
    await store.close()
  }
  await count()

  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const [, split = ''] = /```sql\n(.*?)```/s.exec(await readFile(PAGE, 'utf8')) ?? []
  await client.query(split)
  await count()

  const { rows: parts } = await client.query('SELECT tableoid::regclass::text AS part FROM tollgate.entries GROUP BY 1 ORDER BY 1')
  expect(parts.map(({ part }) => part)).toEqual([0, 1, 2, 3].map((part) => `tollgate.entries_${part}`))
  const { rows: last } = await client.query('SELECT customer_id, max(seq)::integer AS seq FROM tollgate.entries GROUP BY 1')
  expect(last.map(({ customer_id, seq }) => [customer_id, seq]).toSorted()).toEqual(customers.map((id) => [id, 6]).toSorted())

  await client.query(`SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan`)
  for (const [statement, values] of [
    [LAST_ENTRIES, [['customer 1']]],
    [LOAD_CUSTOMERS, [['customer 1']]],
    [ASSERT_AS_REMEMBERED, [['customer 1'], [6], [await batchOf(client, 'customer 1', 6)], 0]],
  ] as const) {
    const { rows } = await client.query({
      text: `EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ${statement.text}`,
      values: [...values],
    })
    const scans = rows.map((row) => row['QUERY PLAN'] as string).filter((line) => line.includes('entries_'))
    const reached = scans.filter((line) => !line.includes('never executed'))
    expect(new Set(reached.map((line) => /on (entries_\d)/.exec(line)?.[1])).size, rows.map((row) => row['QUERY PLAN']).join('\n')).toBe(1)
  }
  await client.end()
})

async function batchOf(client: pg.Client, customerId: string, seq: number): Promise<string> {
  const { rows } = await client.query('SELECT batch FROM tollgate.entries WHERE customer_id = $1 AND seq = $2', [customerId, seq])
  return rows[0].batch
}
