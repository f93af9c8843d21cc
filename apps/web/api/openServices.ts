import { openEngine } from '@tollgate/engine'
import { features, plans } from '../catalog.ts'
import type { Config } from './config.ts'
import type { Faults } from './devtools/observedBackend.ts'
import { createTimeline } from './devtools/timeline.ts'
import { createLog } from './log.ts'
import { createAppMetering } from './metering.ts'
import { reconcileSeats } from './seats.ts'
import type { Services } from './services.ts'
import { StartError } from './startError.ts'
import { openStudioStore } from './studioStore.ts'

/** Opens all that the product is built from, and answers how to close it. Throws a `StartError`. */
export async function openServices(config: Config): Promise<{ readonly services: Services; readonly close: () => Promise<void> }> {
  const log = createLog()
  const store = openStudioStore(config.dataFolder)
  const engine = await openEngine({ features, plans, url: config.usageUrl }).catch((cause: unknown) => {
    const told = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(`Usage cannot be kept at ${withoutPassword(config.usageUrl)}: ${told}`, { cause })
  })
  await reconcileSeats(engine, store)
  const timeline = createTimeline()
  const faults: Faults = { broken: false }
  const metering = createAppMetering(engine, log, config.devtools ? { timeline, faults } : null)
  return {
    services: { config, log, store, engine, metering, timeline, faults },
    async close() {
      await metering.drain()
      await engine.close()
      store.close()
    },
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
