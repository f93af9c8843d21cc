import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import { affords, type Features } from '@tollgate/features'
import {
  type Backend,
  type Caller,
  type CommitRequest,
  type Committed,
  type FeatureUnits,
  type Held,
  type Hold,
  type OperationRef,
  OutageError,
  type RecordRequest,
  type Refused,
  type Repeated,
  type ReserveRequest,
} from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { Clock } from './clock.ts'

/** What happens to calls that cannot be checked. */
export type OutagePolicy = 'deny' | 'allow' | AllowUpTo

/** Lets calls through during an outage, up to so many units of a feature for each customer; what is recorded afterwards is free again. */
export interface AllowUpTo {
  readonly allowUpTo: number
}

/** @example onOutage: allowUpTo(20) */
export function allowUpTo(units: number): AllowUpTo {
  return { allowUpTo: units }
}

/** One policy for all features, or one for each with a default for the rest. */
export type OutagePolicies<TFeatures extends Features = Features> =
  | OutagePolicy
  | { readonly default: OutagePolicy; readonly features: { readonly [Id in keyof TFeatures & string]?: OutagePolicy } }

/** What was let through in an outage, told when it is recorded. */
export interface OutageUse {
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  readonly units: number
  /** How many of them the balance could not pay when the backend was back. */
  readonly overshoot: number
}

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

/** Keeps its books in memory: a backend whose `record` is durable by itself loses nothing when the process ends. */
export function createOutageDesk({
  policies,
  features,
  backend,
  inBackground,
  abandon,
  onUse,
  report,
  clock,
}: OutageDeskOptions): OutageDesk {
  /** Units let through and not recorded yet, by customer, entity and feature. */
  const open = new Map<string, Amount>()
  /** What is held by each call that was let through. */
  const holds = new Map<string, readonly FeatureUnits[]>()
  /** Operations that are done and not recorded yet. */
  const done = new Map<string, Answered>()
  /** The last operations that were answered, so that one that is repeated in an outage does not run again. */
  const remembered = new Map<string, Answered>()
  const unrecorded: { readonly hold: Hold; readonly request: CommitRequest }[] = []
  let isOut = false

  const policyOf = (featureId: string): OutagePolicy => {
    if (typeof policies === 'string' || 'allowUpTo' in policies) return policies
    return policies.features[featureId] ?? policies.default
  }
  const fits = (caller: Caller, { featureId, units }: FeatureUnits): boolean => {
    const policy = policyOf(featureId)
    if (typeof policy === 'string') return policy === 'allow'
    return (open.get(keyOf(caller, featureId)) ?? 0n) + amountOf(units) <= amountOf(policy.allowUpTo)
  }
  const move = (caller: Caller, items: readonly FeatureUnits[], sign: 1n | -1n): void => {
    for (const { featureId, units } of items) {
      const key = keyOf(caller, featureId)
      const left = (open.get(key) ?? 0n) + sign * amountOf(units)
      if (left === 0n) open.delete(key)
      else open.set(key, left)
    }
  }
  const take = (caller: Caller, items: readonly FeatureUnits[]): boolean => {
    // One after the other: two items of one feature share what it is allowed.
    const taken: FeatureUnits[] = []
    for (const item of items) {
      if (!fits(caller, item)) {
        move(caller, taken, -1n)
        return false
      }
      move(caller, [item], 1n)
      taken.push(item)
    }
    return true
  }

  const recordUse = async (request: RecordRequest): Promise<void> => {
    const recorded = await backend.record(request)
    // An earlier attempt failed, and its hold is not given back yet.
    if (recorded.kind === 'running') throw new OutageError('the operation still holds units')
    if (recorded.kind === 'conflict')
      report(new Error(`${request.procedure} was let through in an outage, and its operation id was used before with other input`))
  }

  const record = async (hold: Hold, { units, answer }: CommitRequest): Promise<void> => {
    const { caller, operation, procedure } = hold
    const before = await backend.access(caller)
    const committed = await backend.commit(hold, { units, overage: 'overflow', answer })
    // There is no such hold, as a rule; there is one where only the answer to the reservation was lost.
    const isDone = committed.kind === 'committed' || (committed.kind === 'ended' && committed.became === 'committed')
    if (!isDone) await recordUse({ caller, items: units, operation, overage: 'overflow', procedure, answer })
    done.delete(operation.id)
    move(caller, units, -1n)
    for (const { featureId, units: used } of units) {
      const { unitsLeft } = affords(features, before, featureId, used)
      const overshoot = unitsLeft === 'unlimited' ? 0 : Math.max(0, unitsOf(amountOf(used) - amountOf(unitsLeft)))
      onUse({ customerId: caller.customerId, entityId: caller.entityId, featureId, units: used, overshoot })
    }
  }

  /** One after the other: what one takes, the next does not find. */
  const recordAll = async (): Promise<void> => {
    for (let next = unrecorded[0]; next !== undefined; next = unrecorded[0]) {
      try {
        await record(next.hold, next.request)
      } catch (error) {
        if (error instanceof OutageError) throw error
        report(error)
      }
      unrecorded.shift()
    }
  }

  return {
    policyOf,
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
    lend: take,
    giveBack: (caller, items) => move(caller, items, -1n),
    answered: (operation, items) => againstEarlier(done, operation, items),
    remember({ id, fingerprint }, featureIds, answer) {
      if (featureIds.every((featureId) => policyOf(featureId) === 'deny')) return
      remembered.delete(id)
      remembered.set(id, { fingerprint, answer })
      if (remembered.size > MOST_REMEMBERED) for (const oldest of remembered.keys()) return void remembered.delete(oldest)
    },
    admit({ caller, items, operation, procedure }, holdId) {
      const earlier = againstEarlier(remembered, operation, items)
      if (earlier) return earlier
      if (!take(caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: UNKNOWN }
      const hold: Hold = { id: holdId, caller, operation, procedure }
      holds.set(hold.id, items)
      return { kind: 'held', hold, access: UNKNOWN }
    },
    backend: {
      ...backend,
      async extend(hold, items) {
        if (!take(hold.caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: UNKNOWN }
        holds.set(hold.id, [...(holds.get(hold.id) ?? []), ...items])
        return { kind: 'extended', access: UNKNOWN }
      },
      async commit(hold, request): Promise<Committed> {
        const { caller, operation } = hold
        move(caller, holds.get(hold.id) ?? [], -1n)
        holds.delete(hold.id)
        move(caller, request.units, 1n)
        if (!operation.unique) done.set(operation.id, { fingerprint: operation.fingerprint, answer: request.answer })
        unrecorded.push({ hold, request })
        if (unrecorded.length === 1) inBackground(recordAll)
        const items = request.units.map(({ featureId, units }) => ({ featureId, units, payments: [] }))
        const { customerId, entityId } = caller
        // Who pays is known when the backend is back: until then the receipt says what was used.
        const receipt = { operationId: operation.id, customerId, entityId, at: clock.now(), items }
        return { kind: 'committed', receipt: () => receipt, access: UNKNOWN }
      },
      async release(hold) {
        move(hold.caller, holds.get(hold.id) ?? [], -1n)
        holds.delete(hold.id)
        abandon(hold)
        return { kind: 'released', access: UNKNOWN }
      },
    },
  }
}

interface Answered {
  readonly fingerprint: string
  readonly answer: string | null
}

const MOST_REMEMBERED = 1_000

/** What an earlier call of the same operation says of this one; null when there was none. */
function againstEarlier(
  earlier: ReadonlyMap<string, Answered>,
  { id, fingerprint }: OperationRef,
  items: readonly FeatureUnits[],
): Repeated | Refused | null {
  const known = earlier.get(id)
  if (known === undefined) return null
  if (known.fingerprint === fingerprint) return { kind: 'repeated', answer: known.answer, access: UNKNOWN }
  return { kind: 'denied', denial: unreadDenial('operation_conflict', items), access: UNKNOWN }
}

function keyOf({ customerId, entityId }: Caller, featureId: string): string {
  return JSON.stringify([customerId, entityId, featureId])
}

const UNKNOWN = () => null
