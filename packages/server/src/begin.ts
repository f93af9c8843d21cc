import { setTimeout as delay } from 'node:timers/promises'
import { asUnits } from './account.ts'
import { type Caller, type Held, type OperationRef, OutageError, type Refused, type Repeated } from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { MeteringCore } from './core.ts'
import { endsWithin } from './repeats.ts'
import type { Line } from './units.ts'

export interface Beginning {
  readonly caller: Caller
  readonly lines: readonly Line[]
  readonly operation: OperationRef
  readonly path: string
  readonly signal: AbortSignal | undefined
}

/** How a call begins: with its units set aside, refused, or as the repeat of one that is done. */
export type Begun = Begin | Refused | Repeated

interface Begin extends Held {
  /** To be called when the call has ended: its repeats wait for it. */
  readonly over: () => void
}

/** How long to wait before asking again for an operation that runs in another process. */
const FIRST_POLL_MS = 50
const LAST_POLL_MS = 1_000

/** Takes the hold of a call. A repeat waits for the first, but not for ever. */
export async function begin(core: MeteringCore, beginning: Beginning): Promise<Begun> {
  const { operation, signal } = beginning
  if (operation.unique) return reserve(core, beginning, () => {})

  const deadline = performance.now() + core.repeats.waitMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LAST_POLL_MS)) {
    const first = core.repeats.standing(operation)
    if (first?.kind === 'conflict') return refused(beginning, 'operation_conflict')
    const leftMs = deadline - performance.now()
    if (first?.kind === 'running') {
      if (!(await endsWithin(first.ended, leftMs))) return refused(beginning, 'operation_in_progress')
      continue
    }
    const begun = await reserve(core, beginning, core.repeats.begin(operation))
    const runsElsewhere = begun.kind === 'denied' && begun.denial.reason === 'operation_in_progress'
    if (!runsElsewhere || leftMs <= 0 || signal?.aborted) return begun
    await delay(Math.min(pollMs, leftMs))
  }
}

async function reserve(core: MeteringCore, beginning: Beginning, over: () => void): Promise<Begun> {
  const begun = await tryReserve(core, beginning).catch((error: unknown) => {
    over()
    if (error instanceof OutageError) return refused(beginning, 'outage')
    throw error
  })
  if (begun.kind === 'held') return { ...begun, over }
  over()
  return begun
}

async function tryReserve(core: MeteringCore, beginning: Beginning): Promise<Held | Refused | Repeated> {
  const { caller, lines, operation, path } = beginning
  const answer = await core.backend.reserve({
    caller,
    items: lines.map(asUnits),
    operation,
    ttlMs: core.holdTtlMs,
    procedure: path,
  })
  if (answer.kind === 'running') return refused(beginning, 'operation_in_progress')
  if (answer.kind === 'conflict') return refused(beginning, 'operation_conflict')
  return answer
}

function refused({ lines }: Beginning, reason: 'operation_conflict' | 'operation_in_progress' | 'outage'): Refused {
  return { kind: 'denied', denial: unreadDenial(reason, lines.map(asUnits)), access: () => null }
}
