import {
  type Backend,
  type Caller,
  type Held,
  type OperationRef,
  OutageError,
  type Refused,
  type Repeated,
  type Reservation,
  type ReserveRequest,
} from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import { endsWithin } from './clock.ts'
import type { MeteringCore } from './core.ts'
import { holdIdOf } from './operation.ts'
import { asUnits, type Line } from './units.ts'

export interface Beginning {
  readonly caller: Caller
  readonly lines: readonly Line[]
  /** How the procedure charges its features; undefined: as the backend was told. */
  readonly patterns: ReserveRequest['patterns']
  readonly operation: OperationRef
  readonly path: string
  readonly signal: AbortSignal | undefined
}

/** How a call begins: with its units set aside, refused, or as the repeat of one that is done. */
export type Begun = Begin | Refused | Repeated

interface Admitted extends Held {
  /** Who keeps the hold: the backend, or in an outage the desk that let the call through. */
  readonly backend: Backend
}

interface Begin extends Admitted {
  /** To be called when the call has ended: its repeats wait for it. */
  readonly over: () => void
}

/** How long to wait before asking again for an operation that runs in another process. */
const FIRST_POLL_MS = 50
const LAST_POLL_MS = 1_000

/** Takes the hold of a call. A repeat waits for the first, but not for ever. */
export function begin(core: MeteringCore, beginning: Beginning): Promise<Begun> {
  return beginning.operation.unique ? reserve(core, beginning, nobodyWaits) : beginRepeatable(core, beginning)
}

function nobodyWaits(): void {}

async function beginRepeatable(core: MeteringCore, beginning: Beginning): Promise<Begun> {
  const { operation, signal } = beginning
  const { clock } = core
  const deadline = clock.now() + core.repeats.waitMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LAST_POLL_MS)) {
    const first = core.repeats.standing(operation)
    if (first?.kind === 'conflict') return refused(beginning, 'operation_conflict')
    const answered = core.outage.answered(operation, beginning.lines.map(asUnits))
    if (answered) return answered
    const leftMs = deadline - clock.now()
    if (first?.kind === 'running') {
      if (!(await endsWithin(clock, first.ended, leftMs))) return refused(beginning, 'operation_in_progress')
      continue
    }
    const begun = await reserve(core, beginning, core.repeats.begin(operation))
    const runsElsewhere = begun.kind === 'denied' && begun.denial.reason === 'operation_in_progress'
    if (!runsElsewhere || leftMs <= 0 || signal?.aborted) return begun
    await clock.delay(Math.min(pollMs, leftMs))
  }
}

async function reserve(core: MeteringCore, beginning: Beginning, over: () => void): Promise<Begun> {
  try {
    const begun = await tryReserve(core, beginning)
    if (begun.kind === 'held') return { kind: 'held', hold: begun.hold, access: begun.access, backend: begun.backend, over }
    over()
    return begun
  } catch (error) {
    over()
    throw error
  }
}

async function tryReserve(core: MeteringCore, beginning: Beginning): Promise<Admitted | Refused | Repeated> {
  const { caller, lines, patterns, operation, path: procedure } = beginning
  const holdId = holdIdOf(operation)
  const request: ReserveRequest = { caller, items: lines.map(asUnits), patterns, operation, holdId, ttlMs: core.holdTtlMs, procedure }
  try {
    const answer = await (core.budgetMs === null ? core.backend.reserve(request) : withinBudget(core, request, core.budgetMs))
    core.outage.noteAnswer()
    if (answer.kind === 'running') return refused(beginning, 'operation_in_progress')
    if (answer.kind === 'conflict') return refused(beginning, 'operation_conflict')
    return answer.kind === 'held' ? { kind: 'held', hold: answer.hold, access: answer.access, backend: core.backend } : answer
  } catch (error) {
    if (!(error instanceof OutageError)) throw error
    core.telemetry?.outage('reserve')
    core.outage.noteOutage(error)
    const admitted = core.outage.admit(request, holdId)
    // The hold may have been taken all the same, and only its answer lost.
    if (admitted.kind !== 'held') core.settling.abandon(core.backend, { id: holdId, caller, operation, procedure })
    return admitted.kind === 'held' ? { ...admitted, backend: core.outage.backend } : admitted
  }
}

/** A backend that does not decide in time cannot answer. The hold that it may take all the same is given back when it does. */
async function withinBudget({ backend, clock, settling }: MeteringCore, request: ReserveRequest, budgetMs: number): Promise<Reservation> {
  const reserving = backend.reserve(request)
  if (await endsWithin(clock, reserving, budgetMs)) return reserving
  reserving.then(
    (late) => {
      if (late.kind === 'held') settling.abandon(backend, late.hold)
    },
    // It could not answer later either.
    () => {},
  )
  throw new OutageError(`the backend did not decide within ${budgetMs} ms`)
}

function refused({ lines }: Beginning, reason: 'operation_conflict' | 'operation_in_progress'): Refused {
  return { kind: 'denied', denial: unreadDenial(reason, lines.map(asUnits)), access: () => null }
}
