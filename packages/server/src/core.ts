import type { Features } from '@tollgate/features'
import type { AccountOptions } from './account.ts'
import type { Backend, Caller } from './backends/backend.ts'
import type { Clock } from './clock.ts'
import type { KeepAlive } from './keepAlive.ts'
import type { OutageDesk } from './outage/outageDesk.ts'
import type { Repeats } from './repeats.ts'
import type { Settling } from './settling.ts'

/** What all metered calls of one `createMetering` share. */
export interface MeteringCore extends AccountOptions {
  readonly features: Features
  readonly backend: Backend
  /** Whose call it is. The context was checked by the compiler where the procedure was built. */
  callerOf(ctx: unknown): Caller | Promise<Caller>
  readonly clock: Clock
  /** How long a call waits for the backend to decide, in ms; null: as long as it takes. */
  readonly budgetMs: number | null
  /** The most bytes of an answer that are kept for repeats. */
  readonly answerLimitBytes: number
  readonly repeats: Repeats
  readonly settling: Settling
  readonly keepAlive: KeepAlive
  readonly outage: OutageDesk
}
