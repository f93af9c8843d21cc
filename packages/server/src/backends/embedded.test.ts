import { openEngine } from '@tollgate/engine'
import { backendContract, features, plans } from './backend.contract.ts'
import { embedded } from './embedded.ts'

backendContract('embedded', async () => {
  let now = Date.parse('2026-11-23T10:00:00.000Z')
  const engine = await openEngine({ features, plans, url: 'memory:', clock: () => now })
  const backend = embedded(engine)
  return {
    backend,
    advance: (ms) => {
      now += ms
    },
    async usedOf(customerId, featureId) {
      const access = await backend.access({ customerId, entityId: null })
      const balance = access.features[featureId]
      return balance?.type === 'boolean' ? 0 : (balance?.used ?? 0)
    },
    close: () => engine.close(),
  }
})
