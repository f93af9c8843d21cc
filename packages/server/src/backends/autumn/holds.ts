import { randomUUID } from 'node:crypto'
import { unitsOf } from '@tollgate/engine'
import type { DenialFacts, Shortage } from '@tollgate/features'
import type { Outbox } from '../../outbox/outbox.ts'
import type { OutboxStore } from '../../outbox/outboxStore.ts'
import type {
  AccessAfter,
  Backend,
  Caller,
  CommitRequest,
  Committed,
  Ended,
  Extended,
  FeatureUnits,
  Hold,
  RecordRequest,
  Refused,
  Released,
  ReserveRequest,
} from '../backend.ts'
import type { AccessBook } from './accessBook.ts'
import { type Ender, endingOf, extraOf, track } from './ending.ts'
import type { Part } from './part.ts'
import { plainReceipt, receiptOf } from './receipts.ts'
import type { Taking } from './taking.ts'

/** The calls of this process that hold units. */
export type Holds = Pick<Backend, 'reserve' | 'extend' | 'commit' | 'release' | 'record' | 'park'>

/** A running call. */
interface Running {
  readonly hold: Hold
  readonly patterns: ReserveRequest['patterns']
  parts: readonly Part[]
  expiresAt: number
  /** Set while the hold is being ended: it ends once. */
  ending: Promise<unknown> | null
}

export interface HoldsOptions {
  readonly taking: Taking
  readonly book: AccessBook
  readonly store: OutboxStore
  readonly outbox: Outbox
  /** Whether an answer waits until Autumn has been told. */
  readonly awaits: boolean
  readonly clock: () => number
  readonly denialOf: (caller: Caller, items: readonly FeatureUnits[], shortage: Shortage) => Promise<DenialFacts>
  readonly entityDenial: (items: readonly FeatureUnits[]) => DenialFacts
}

/** How many ended holds are remembered by what became of them. */
const MOST_ENDED = 10_000

export function createHolds({ taking, book, store, outbox, awaits, clock, denialOf, entityDenial }: HoldsOptions): Holds {
  const running = new Map<string, Running>()
  const ended = new Map<string, Ended['became']>()

  const accessAfter =
    (caller: Caller): AccessAfter =>
    () =>
      book.known(caller)

  const remember = (holdId: string, became: Ended['became']): void => {
    running.delete(holdId)
    ended.set(holdId, became)
    if (ended.size > MOST_ENDED) for (const oldest of ended.keys()) return void ended.delete(oldest)
  }

  const deny = async (
    caller: Caller,
    items: readonly FeatureUnits[],
    taken: { readonly kind: string; readonly shortage?: Shortage },
  ): Promise<Refused> => {
    const denial = taken.shortage ? await denialOf(caller, items, taken.shortage) : entityDenial(items)
    return { kind: 'denied', denial, access: accessAfter(caller) }
  }

  const enderOf = ({ id, caller, operation, procedure }: Hold): Ender => ({
    caller,
    holdId: id,
    operationId: operation.id,
    procedure,
    at: clock(),
  })

  const giveBack = async ({ hold, parts }: Running): Promise<void> => {
    const { told } = await taking.giveBack(enderOf(hold), parts)
    await store.abandon(hold.operation.id, hold.id)
    if (awaits) await told
  }

  /** The running call that may be ended now, or what became of it. A hold whose time is over ends here: nothing else watches it. */
  const openOf = async (hold: Hold): Promise<Running | Ended> => {
    const known = running.get(hold.id)
    if (known?.ending) {
      await known.ending.catch(() => undefined)
      return openOf(hold)
    }
    if (!known) return { kind: 'ended', became: ended.get(hold.id) ?? null }
    if (clock() < known.expiresAt) return known
    await endOnce(known, async () => {
      await giveBack(known)
      remember(hold.id, 'expired')
    })
    return { kind: 'ended', became: 'expired' }
  }

  const endOnce = async <T>(call: Running, work: () => Promise<T>): Promise<T> => {
    const ending = work().finally(() => {
      call.ending = null
    })
    call.ending = ending
    return ending
  }

  const commitOpen = async (call: Running, { units, overage, answer }: CommitRequest): Promise<Committed | Refused | Ended> => {
    const { hold, patterns } = call
    const { caller } = hold
    const extra = [...extraOf(call.parts, units)].map(([featureId, beyond]) => ({ featureId, units: unitsOf(beyond) }))
    if (overage === 'refuse' && extra.length > 0) {
      const taken = await taking.take({
        caller,
        items: extra,
        patterns,
        ttlMs: call.expiresAt - clock(),
        procedure: hold.procedure,
        at: clock(),
      })
      if (taken.kind !== 'taken') return deny(caller, extra, taken)
      call.parts = [...call.parts, ...taken.parts]
    }
    const ender = enderOf(hold)
    const ending = endingOf(ender, call.parts, units, overage === 'overflow' ? 'overflow' : 'cap')
    const items = usedItems(call.parts, units)
    const operation = { id: hold.operation.id, holdId: hold.id, at: ender.at, kind: 'use', items, answer } as const
    const settled = await outbox.settle({ operation, deliveries: ending.deliveries, leaseUses: ending.leaseUses })
    if (settled.kind === 'superseded') {
      await giveBack(call)
      remember(hold.id, null)
      return { kind: 'ended', became: null }
    }
    taking.end(caller, call.parts, ending.used, settled.attempted)
    remember(hold.id, 'committed')
    if (awaits) await settled.attempted
    const receipt = receiptOf({ ...operation, customerId: caller.customerId, entityId: caller.entityId, procedure: hold.procedure })
    return { kind: 'committed', receipt: () => plainReceipt(receipt), access: accessAfter(caller) }
  }

  /** Writes a use down, to be told at once or not before a time. Null: the operation was done before, or is another's. */
  const recordUse = async ({ caller, items, operation, overage, procedure, answer }: RecordRequest, notBefore: number | null) => {
    const holdId = randomUUID()
    const { customerId, entityId } = caller
    const begun = await store.begin({ ...operation, customerId, entityId, procedure, holdId, expiresAt: clock() + RECORDING_MS })
    if (begun.kind !== 'begun') return begun
    const ender: Ender = { caller, holdId, operationId: operation.id, procedure, at: clock() }
    const uses = [...extraOf([], items)].map(([featureId, units]) => track(ender, featureId, units, overage, featureId))
    const done = { id: operation.id, holdId, at: ender.at, kind: 'use', items, answer } as const
    const deliveries = uses.map((delivery) => ({ delivery, notBefore }))
    const settled = await outbox.settle({ operation: done, leaseUses: [], deliveries })
    if (settled.kind === 'superseded') return { kind: 'conflict' } as const
    for (const { featureId, units } of items) book.adjust(caller, featureId, units)
    return { kind: 'settled', attempted: settled.attempted, receipt: receiptOf({ ...done, customerId, entityId, procedure }) } as const
  }

  return {
    async reserve({ caller, items, patterns, operation, ttlMs, procedure }) {
      const hold: Hold = { id: randomUUID(), caller, operation, procedure }
      const expiresAt = clock() + ttlMs
      const { customerId, entityId } = caller
      const begun = await store.begin({ ...operation, customerId, entityId, procedure, holdId: hold.id, expiresAt })
      if (begun.kind === 'done') return { kind: 'repeated', answer: begun.answer, access: accessAfter(caller) }
      if (begun.kind !== 'begun') return begun
      try {
        const taken = await taking.take({ caller, items, patterns, ttlMs, procedure, at: clock() })
        if (taken.kind === 'taken') {
          running.set(hold.id, { hold, patterns, parts: taken.parts, expiresAt, ending: null })
          return { kind: 'held', hold, access: accessAfter(caller) }
        }
        await store.abandon(operation.id, hold.id)
        return await deny(caller, items, taken)
      } catch (error) {
        await store.abandon(operation.id, hold.id)
        throw error
      }
    },
    async extend(hold, items, ttlMs): Promise<Extended | Refused | Ended> {
      const call = await openOf(hold)
      if ('kind' in call) return call
      const { caller, operation, procedure } = hold
      const taken = await taking.take({ caller, items, patterns: call.patterns, ttlMs, procedure, at: clock() })
      if (taken.kind !== 'taken') return deny(caller, items, taken)
      const expiresAt = Math.max(call.expiresAt, clock() + ttlMs)
      // A lock's end cannot be moved: where there is room for both, a new one takes the place of the old.
      const moved: Part[] = []
      const replaced: Part[] = []
      for (const part of call.parts) {
        const renewed = part.kind === 'lock' && part.expiresAt < expiresAt ? await taking.renew(caller, part, ttlMs, procedure) : null
        moved.push(renewed ?? part)
        if (renewed) replaced.push(part)
      }
      call.parts = [...moved, ...taken.parts]
      call.expiresAt = expiresAt
      await taking.giveBack(enderOf(hold), replaced)
      await store.prolong(operation.id, hold.id, expiresAt)
      return { kind: 'extended', access: accessAfter(caller) }
    },
    async commit(hold, request) {
      const call = await openOf(hold)
      return 'kind' in call ? call : endOnce(call, () => commitOpen(call, request))
    },
    async release(hold): Promise<Released | Ended> {
      const call = await openOf(hold)
      if ('kind' in call) return call
      return endOnce(call, async () => {
        await giveBack(call)
        remember(hold.id, 'released')
        return { kind: 'released', access: accessAfter(hold.caller) }
      })
    },
    async record(request) {
      const access = accessAfter(request.caller)
      const recorded = await recordUse(request, null)
      if (recorded.kind === 'done') {
        await store.hasten(request.operation.id, clock())
        await outbox.pump()
        return { kind: 'repeated', answer: recorded.answer, access }
      }
      if (recorded.kind !== 'settled') return recorded
      if (awaits) await recorded.attempted
      return { kind: 'committed', receipt: () => plainReceipt(recorded.receipt), access }
    },
    async park(request) {
      await recordUse(request, clock() + PARKED_MS)
    },
  }
}

/** How long a use that was let through in an outage waits for whoever let it through. */
const PARKED_MS = 10 * 60_000

/** A recording begins and ends in one go. */
const RECORDING_MS = 60_000

/** What a finished call used, feature by feature. */
function usedItems(parts: readonly Part[], units: readonly FeatureUnits[]): readonly FeatureUnits[] {
  const named = new Set(units.map(({ featureId }) => featureId))
  const unnamed = new Map<string, bigint>()
  for (const part of parts) if (!named.has(part.featureId)) unnamed.set(part.featureId, (unnamed.get(part.featureId) ?? 0n) + part.units)
  return [...units, ...[...unnamed].map(([featureId, amount]) => ({ featureId, units: unitsOf(amount) }))]
}
