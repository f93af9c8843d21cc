import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../../../engine/src/store/postgres/testServer.fixture.ts'
import { OutageError } from '../../backends/backend.ts'
import type { TrackDelivery } from '../delivery.ts'
import { outboxContract } from '../outboxStore.contract.ts'
import type { BeginningOperation, SettledCall } from '../outboxStore.ts'
import { connect } from './connect.ts'
import { emptied } from './emptied.fixture.ts'
import { openPostgresOutbox } from './postgresOutbox.ts'

let server: TestServer
let url: string
beforeAll(async () => {
  server = await startTestServer()
  url = await server.createDatabase()
})
afterAll(() => server.stop())

outboxContract('an outbox in a PostgreSQL database', async () => ({
  open: (clock) => openPostgresOutbox(url, clock),
  dispose: () => emptied(url),
}))

const beginning = (id: string): BeginningOperation => ({
  id,
  fingerprint: '',
  customerId: 'acme',
  entityId: null,
  procedure: 'test.call',
  holdId: id,
  expiresAt: Date.now() + 60_000,
})

function settled(id: string): SettledCall {
  const about = { customerId: 'acme', entityId: null, featureId: 'messages', operationId: id, procedure: 'test.call', at: 1 } as const
  const delivery: TrackDelivery = { action: 'track', key: `use of ${id}`, ...about, units: 1, overage: 'overflow' }
  return {
    operation: { id, holdId: id, at: 1, kind: 'use', items: [], answer: null },
    deliveries: [{ delivery, notBefore: null }],
    leaseUses: [],
  }
}

describe('the connections of an outbox', () => {
  async function open() {
    const connections = connect(url)
    const asked: string[] = []
    const store = openPostgresOutbox(url, Date.now, {
      ...connections,
      durable(statement, ...values) {
        asked.push(statement.name)
        return connections.durable(statement, ...values)
      },
      relaxed(statement, ...values) {
        asked.push(statement.name)
        return connections.relaxed(statement, ...values)
      },
    })
    onTestFinished(async () => {
      await store.close()
      await emptied(url)
    })
    return { store, asked }
  }

  const ids = Array.from({ length: 50 }, (_, i) => `op ${i}`)

  it('take one round trip for all calls that begin in one turn, one for all that settle, and one for all that are delivered', async () => {
    const { store, asked } = await open()
    await Promise.all(ids.map((id) => store.begin(beginning(id))))
    await Promise.all(ids.map((id) => store.settle(settled(id))))
    await Promise.all(ids.map((id) => store.delivered(`use of ${id}`)))
    expect(asked.filter((name) => name !== 'outbox_beat')).toEqual(['outbox_begin', 'outbox_settle', 'outbox_remove'])
    expect(await store.counts()).toMatchObject({ pending: 0 })
  })

  it('are made anew when they were lost', async () => {
    const { store } = await open()
    await store.begin(beginning('one'))
    const database = new URL(url).pathname.slice(1)
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)
    expect((await store.settle(settled('one'))).kind).toBe('settled')
    expect((await store.begin(beginning('two'))).kind).toBe('begun')
  })

  it('are an outage while the server is away, and heal when it is back', async ({ skip }) => {
    if (server.power === null) return skip('the server is somebody else’s')
    const { store } = await open()
    await store.begin(beginning('one'))
    await server.power.off()
    await expect(store.settle(settled('one'))).rejects.toBeInstanceOf(OutageError)
    await expect(store.begin(beginning('two'))).rejects.toThrow('the outbox cannot be reached: PostgreSQL at 127.0.0.1')
    await server.power.on()
    await expect.poll(() => store.settle(settled('one')).then(({ kind }) => kind, String)).toBe('settled')
    expect((await store.begin(beginning('two'))).kind).toBe('begun')
  })

  it('are an outage, and no more, where nobody answers from the start', async () => {
    const store = openPostgresOutbox('postgres://nobody@127.0.0.1:9/nothing', Date.now)
    await expect(store.counts()).rejects.toBeInstanceOf(OutageError)
    await store.close()
  })
})

it('has the schema that is written down', async () => {
  const store = openPostgresOutbox(url, Date.now)
  await store.counts()
  await store.close()
  const shown = connect(url)
  const rows = await shown.relaxed({
    name: 'schema',
    text: `SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || column_default, '') AS line
      FROM information_schema.columns WHERE table_schema = 'tollgate_outbox'
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'tollgate_outbox' ORDER BY 1`,
  })
  await shown.close()
  await expect(rows.map(({ line }) => String(line)).join('\n')).toMatchFileSnapshot('schema.txt')
})
