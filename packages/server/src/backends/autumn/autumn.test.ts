import { afterAll, beforeAll } from 'vitest'
import { startTestServer, type TestServer } from '../../../../engine/src/store/postgres/testServer.fixture.ts'
import { emptied } from '../../outbox/postgres/emptied.fixture.ts'
import { type BackendUnderTest, backendContract } from '../backend.contract.ts'
import { startAutumn, type TestAutumnOptions } from './autumn.fixture.ts'

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
