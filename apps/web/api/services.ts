import type { Engine } from '@tollgate/engine'
import type { Config } from './config.ts'
import type { Faults } from './devtools/observedBackend.ts'
import type { Timeline } from './devtools/timeline.ts'
import type { Log } from './log.ts'
import type { AppMetering } from './metering.ts'
import type { StudioStore } from './studioStore.ts'

/** All that the product is built from, made once in `main.ts`. */
export interface Services {
  readonly config: Config
  readonly log: Log
  readonly store: StudioStore
  readonly engine: Engine
  readonly metering: AppMetering
  readonly timeline: Timeline
  readonly faults: Faults
}
