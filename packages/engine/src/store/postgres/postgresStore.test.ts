import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { describeStore } from '../store.contract.ts'
import { postgresStore } from './postgresStore.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

let server: TestServer
let url: string
beforeAll(async () => {
  server = await startTestServer()
  url = await server.createDatabase()
}, 30_000)
afterAll(() => server.stop())

describeStore('PostgreSQL', () => ({
  open: () => postgresStore(url),
  dispose: () => empty(url),
}))

async function empty(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  await client.query('DROP SCHEMA tollgate CASCADE')
  await client.end()
}
