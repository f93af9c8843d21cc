import { type Backend, type Caller, type FeatureUnits, OutageError } from '@tollgate/server'
import type { Timeline, TimelineEvent } from './timeline.ts'

/** Whether the backend is to fail, for trying out an outage. */
export interface Faults {
  broken: boolean
}

interface Asked {
  readonly kind: TimelineEvent['kind']
  readonly caller: Caller
  readonly procedure?: string
  readonly units?: readonly FeatureUnits[]
}

/** A backend that writes down what it is asked and how long the answer took, and fails when it is told to. */
export function observedBackend(backend: Backend, timeline: Timeline, faults: Faults): Backend {
  const answer = async <T>(work: () => Promise<T>): Promise<T> => {
    if (faults.broken) throw new OutageError('The backend was broken in the devtools.')
    return work()
  }
  const observe = async <T>({ kind, caller, procedure, units }: Asked, work: () => Promise<T>): Promise<T> => {
    const at = Date.now()
    const started = performance.now()
    const tell = (outcome: string, reason: string | null): void =>
      timeline.add(caller.customerId, {
        at,
        durationMs: performance.now() - started,
        kind,
        procedure: procedure ?? null,
        units: units ?? [],
        outcome,
        reason,
      })
    try {
      const result = await answer(work)
      tell(outcomeOf(result), reasonOf(result))
      return result
    } catch (error) {
      tell('failed', error instanceof Error ? error.message : String(error))
      throw error
    }
  }
  return {
    access: (caller) => observe({ kind: 'access', caller }, () => backend.access(caller)),
    check: (request) => observe({ kind: 'check', caller: request.caller, units: request.items }, () => backend.check(request)),
    reserve: (request) =>
      observe({ kind: 'reserve', caller: request.caller, procedure: request.procedure, units: request.items }, () =>
        backend.reserve(request),
      ),
    extend: (hold, items, ttlMs) => observe({ kind: 'extend', ...hold, units: items }, () => backend.extend(hold, items, ttlMs)),
    commit: (hold, request) => observe({ kind: 'commit', ...hold, units: request.units }, () => backend.commit(hold, request)),
    release: (hold) => observe({ kind: 'release', ...hold }, () => backend.release(hold)),
    record: (request) =>
      observe({ kind: 'record', caller: request.caller, procedure: request.procedure, units: request.items }, () =>
        backend.record(request),
      ),
    refund: (caller, operationId) => observe({ kind: 'refund', caller }, () => backend.refund(caller, operationId)),
    receipt: (caller, operationId) => answer(() => backend.receipt(caller, operationId)),
    history: (query) => answer(() => backend.history(query)),
    receipts: (query) => answer(() => backend.receipts(query)),
    plans: () => answer(() => backend.plans()),
    watch: (caller, listener) => backend.watch(caller, listener),
  }
}

function outcomeOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'kind' in result && typeof result.kind === 'string' ? result.kind : 'answered'
}

function reasonOf(result: unknown): string | null {
  if (typeof result !== 'object' || result === null || !('denial' in result)) return null
  const { denial } = result
  return typeof denial === 'object' && denial !== null && 'reason' in denial ? String(denial.reason) : null
}
