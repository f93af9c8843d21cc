import { afterAll, beforeAll } from 'vitest'
import { startTestServer, type TestServer } from '../../../../engine/src/store/postgres/testServer.fixture.ts'
import { outboxContract } from '../outboxStore.contract.ts'
import { openPostgresOutbox } from './postgresOutbox.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

outboxContract('an outbox in a PostgreSQL database', async () => {
  const url = await server.createDatabase()
  return { open: (clock) => openPostgresOutbox(url, clock), dispose: async () => undefined }
})
