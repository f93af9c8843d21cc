import { amountOf, unitsOf } from '@tollgate/engine'
import { affords, type Features } from '@tollgate/features'
import { type Backend, type CommitRequest, type Hold, OutageError, type RecordRequest } from '../backends/backend.ts'

/** What was let through in an outage, told when it is recorded. */
export interface OutageUse {
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  readonly units: number
  /** How many of them the balance could not pay when the backend was back. */
  readonly overshoot: number
}

/** What a call used that was let through. */
export interface LetThrough {
  readonly hold: Hold
  readonly request: CommitRequest
}

export interface OutageRecordsOptions {
  readonly features: Features
  readonly backend: Backend
  /** Runs until the backend answers, in the background. */
  readonly inBackground: (work: () => Promise<void>) => void
  readonly onUse: (use: OutageUse) => void
  /** The backend has it, or will never take it. */
  readonly onDone: (use: LetThrough) => void
  readonly report: (error: unknown) => void
}

/** Records what was let through as soon as the backend is back. Answers what takes a use; it resolves once the use is as safe as the backend can keep it. */
export function createOutageRecords(options: OutageRecordsOptions): (use: LetThrough) => Promise<void> {
  const { features, backend, inBackground, onUse, onDone, report } = options
  const waiting: LetThrough[] = []

  const recordUse = async (request: RecordRequest): Promise<void> => {
    const recorded = await backend.record(request)
    // An earlier attempt failed, and its hold is not given back yet.
    if (recorded.kind === 'running') throw new OutageError('the operation still holds units')
    if (recorded.kind === 'conflict')
      report(new Error(`${request.procedure} was let through in an outage, and its operation id was used before with other input`))
  }

  const record = async ({ hold, request: { units, answer } }: LetThrough): Promise<void> => {
    const { caller } = hold
    const before = await backend.access(caller, { fresh: true })
    const committed = await backend.commit(hold, { units, overage: 'overflow', answer })
    // There is no such hold, as a rule; there is one where only the answer to the reservation was lost.
    const isDone = committed.kind === 'committed' || (committed.kind === 'ended' && committed.became === 'committed')
    if (!isDone) await recordUse(recordingOf({ hold, request: { units, answer } }))
    for (const { featureId, units: used } of units) {
      const { unitsLeft } = affords(features, before, featureId, used)
      const overshoot = unitsLeft === 'unlimited' ? 0 : Math.max(0, unitsOf(amountOf(used) - amountOf(unitsLeft)))
      onUse({ customerId: caller.customerId, entityId: caller.entityId, featureId, units: used, overshoot })
    }
  }

  /** One after the other: what one takes, the next does not find. */
  const recordAll = async (): Promise<void> => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        await record(next)
      } catch (error) {
        if (error instanceof OutageError) throw error
        report(error)
      }
      waiting.shift()
      onDone(next)
    }
  }

  return async (use) => {
    // What cannot be kept now either is kept in memory alone.
    await backend.park?.(recordingOf(use)).catch((error: unknown) => {
      if (!(error instanceof OutageError)) report(error)
    })
    waiting.push(use)
    if (waiting.length === 1) inBackground(recordAll)
  }
}

function recordingOf({ hold, request }: { readonly hold: Hold; readonly request: Pick<CommitRequest, 'units' | 'answer'> }): RecordRequest {
  const { caller, operation, procedure } = hold
  return { caller, items: request.units, operation, overage: 'overflow', procedure, answer: request.answer }
}
