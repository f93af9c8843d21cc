import { type BackendUnderTest, backendContract } from '../backend.contract.ts'
import { startAutumn, type TestAutumnOptions } from './autumn.fixture.ts'

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
