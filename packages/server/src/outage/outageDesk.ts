import type { Features } from '@tollgate/features'
import type {
  Backend,
  Caller,
  Committed,
  FeatureUnits,
  Held,
  Hold,
  OperationRef,
  OutageError,
  Refused,
  Repeated,
  ReserveRequest,
} from '../backends/backend.ts'
import { unreadDenial } from '../backends/unreadDenial.ts'
import type { Clock } from '../clock.ts'
import { createAnsweredOperations } from './answeredOperations.ts'
import { createOpenUnits } from './openUnits.ts'
import { type OutagePolicies, type OutagePolicy, policyOf } from './outagePolicy.ts'
import { createOutageRecords, type OutageUse } from './outageRecords.ts'

/** Decides calls while the backend cannot, and sees to it that what they used is recorded when it can. */
export interface OutageDesk {
  policyOf(featureId: string): OutagePolicy
  /** What an operation was answered that was let through and is not recorded yet: the backend does not know of it. */
  answered(operation: OperationRef, items: readonly FeatureUnits[]): Repeated | Refused | null
  /** Keeps the answer of an operation at hand, in case that it is repeated while the backend is out. */
  remember(operation: OperationRef, featureIds: readonly string[], answer: string | null): void
  /** Lets a call through, or not; what was answered before is answered again. The hold may have been taken all the same, by the name that was asked for. */
  admit(request: ReserveRequest, holdId: string): Held | Repeated | Refused
  /** Lets a call that holds units take more of them, or not; what it took is given back here once the call is settled. */
  lend(caller: Caller, items: readonly FeatureUnits[]): boolean
  giveBack(caller: Caller, items: readonly FeatureUnits[]): void
  /** The backend of the calls that were let through. */
  readonly backend: Backend
  /** The backend could not answer. Told once, until it has answered again. */
  noteOutage(error: OutageError): void
  noteAnswer(): void
  /** Whether the backend failed to answer the last time. */
  readonly isOut: boolean
}

export interface OutageDeskOptions {
  readonly policies: OutagePolicies
  readonly features: Features
  readonly backend: Backend
  /** Runs until the backend answers, in the background. */
  readonly inBackground: (work: () => Promise<void>) => void
  /** Ends a hold that may have been taken. */
  readonly abandon: (hold: Hold) => void
  readonly onUse: (use: OutageUse) => void
  readonly report: (error: unknown) => void
  readonly clock: Clock
}

/** Operations whose answers are kept for an outage. */
const MOST_REMEMBERED = 1_000

/** Keeps its books in memory: a backend whose `record` is durable by itself loses nothing when the process ends. */
export function createOutageDesk(options: OutageDeskOptions): OutageDesk {
  const { policies, features, backend, inBackground, abandon, onUse, report, clock } = options
  const policy = (featureId: string): OutagePolicy => policyOf(policies, featureId)
  const open = createOpenUnits(policy)
  /** What is held by each call that was let through. */
  const holds = new Map<string, readonly FeatureUnits[]>()
  /** Operations that are done and not recorded yet. */
  const done = createAnsweredOperations()
  /** The last operations that were answered, so that one that is repeated in an outage does not run again. */
  const remembered = createAnsweredOperations(MOST_REMEMBERED)
  const record = createOutageRecords({
    features,
    backend,
    inBackground,
    onUse,
    report,
    onDone({ hold: { caller, operation }, request }) {
      done.delete(operation.id)
      open.giveBack(caller, request.units)
    },
  })
  let isOut = false

  const endHold = ({ id, caller }: Hold): void => {
    open.giveBack(caller, holds.get(id) ?? [])
    holds.delete(id)
  }

  return {
    policyOf: policy,
    noteOutage(error) {
      if (!isOut) report(error)
      isOut = true
    },
    noteAnswer() {
      isOut = false
    },
    get isOut() {
      return isOut
    },
    lend: open.take,
    giveBack: open.giveBack,
    answered: done.repeat,
    remember(operation, featureIds, answer) {
      if (featureIds.some((featureId) => policy(featureId) !== 'deny')) remembered.add(operation, answer)
    },
    admit({ caller, items, operation, procedure }, holdId) {
      const earlier = remembered.repeat(operation, items)
      if (earlier) return earlier
      if (!open.take(caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: UNKNOWN }
      const hold: Hold = { id: holdId, caller, operation, procedure }
      holds.set(hold.id, items)
      return { kind: 'held', hold, access: UNKNOWN }
    },
    backend: {
      ...backend,
      async extend(hold, items) {
        if (!open.take(hold.caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: UNKNOWN }
        holds.set(hold.id, [...(holds.get(hold.id) ?? []), ...items])
        return { kind: 'extended', access: UNKNOWN }
      },
      async commit(hold, request): Promise<Committed> {
        const { caller, operation } = hold
        endHold(hold)
        open.add(caller, request.units)
        if (!operation.unique) done.add(operation, request.answer)
        await record({ hold, request })
        const items = request.units.map(({ featureId, units }) => ({ featureId, units, payments: [] }))
        const { customerId, entityId } = caller
        // Who pays is known when the backend is back: until then the receipt says what was used.
        const receipt = { operationId: operation.id, customerId, entityId, at: clock.now(), items }
        return { kind: 'committed', receipt: () => receipt, access: UNKNOWN }
      },
      async release(hold) {
        endHold(hold)
        abandon(hold)
        return { kind: 'released', access: UNKNOWN }
      },
    },
  }
}

const UNKNOWN = () => null
