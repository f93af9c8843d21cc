import { NO_CONTROLS } from './controls.ts'
import type { CustomerState, EndedHold } from './customer.ts'
import { dueAtOf } from './dueAt.ts'
import type { Change, Entry, NewCustomer, SettledItem } from './entry.ts'
import type { Grant } from './grant.ts'
import type { HoldItem, Payment } from './hold.ts'

/** How many ended holds a customer remembers by name. */
const REMEMBERED_HOLDS = 32

/** Folds one entry into a customer's state. Throws when the entry does not follow the state: a ledger with a gap is not to be trusted. */
export function applyEntry(state: CustomerState | null, entry: Entry): CustomerState {
  if (entry.seq !== (state?.seq ?? 0) + 1) {
    throw new Error(`entry ${entry.seq} of customer '${entry.customerId}' does not follow entry ${state?.seq ?? 0}`)
  }
  const folded = entry.changes.reduce<CustomerState | null>((before, change) => evolve(before, change, entry.at), state)
  if (folded === null) throw new Error(`entry ${entry.seq} of customer '${entry.customerId}' changes nothing`)
  return { ...folded, seq: entry.seq }
}

/** Folds one change into a customer's state. Never looks at a catalog or a clock. */
export function evolve(state: CustomerState | null, change: Change, at: number): CustomerState {
  if (change.kind === 'customer_created') return newState(change.customer, state?.seq ?? 0)
  if (state === null) throw new Error(`a ledger cannot begin with '${change.kind}': the customer does not exist yet`)
  switch (change.kind) {
    case 'customer_deleted':
      return {
        ...newState({ ...state, controls: NO_CONTROLS, name: null, email: null, fingerprint: null, metadata: {} }, state.seq),
        deletedAt: at,
      }
    case 'customer_updated':
      return { ...state, ...change.fields }
    case 'clock_moved':
      return { ...state, clockOffsetMs: change.offsetMs }
    case 'entity_created':
      return { ...state, entities: [...state.entities, change.entity] }
    case 'entity_updated':
      return { ...state, entities: replaced(state.entities, change.entity) }
    case 'entity_deleted':
      return { ...state, entities: state.entities.filter((entity) => entity.id !== change.entityId) }
    case 'plan_started':
      return withDueAt({
        ...state,
        subscriptions: [...state.subscriptions, change.subscription],
        trialsUsed:
          change.subscription.trialEndsAt === null || state.trialsUsed.includes(change.subscription.planId)
            ? state.trialsUsed
            : [...state.trialsUsed, change.subscription.planId],
      })
    case 'plan_changed':
      return withDueAt({ ...state, subscriptions: replaced(state.subscriptions, change.subscription) })
    case 'plan_ended':
      return withDueAt({
        ...state,
        subscriptions: state.subscriptions.filter((subscription) => subscription.id !== change.subscriptionId),
      })
    case 'granted':
      return withDueAt({ ...state, grants: [...state.grants, change.grant] })
    case 'adjusted':
      return withDueAt({ ...state, grants: replaced(state.grants, change.grant) })
    case 'closed':
      return withDueAt({ ...state, grants: state.grants.filter((grant) => grant.id !== change.grantId) })
    case 'reset':
      return withDueAt(
        changeGrant(state, change.grantId, (grant) => ({
          ...grant,
          cycle: grant.cycle + 1,
          granted: change.granted,
          used: 0n,
          held: 0n,
          nextResetAt: change.nextResetAt,
          rollovers: change.rollovers,
        })),
      )
    case 'rollover_expired':
      return withDueAt(
        changeGrant(state, change.grantId, (grant) => ({
          ...grant,
          rollovers: grant.rollovers.filter((rollover) => rollover.id !== change.rolloverId),
        })),
      )
    case 'used':
    case 'refunded':
      return { ...state, grants: withPayments(state.grants, change.use.payments, 'use') }
    case 'held': {
      const { hold } = change
      return {
        ...state,
        grants: withItems(state.grants, hold.items),
        holds: [...state.holds, hold],
        dueAt: Math.min(state.dueAt, hold.expiresAt),
      }
    }
    case 'hold_extended':
      return withDueAt({
        ...state,
        grants: withItems(state.grants, change.items),
        holds: state.holds.map((hold) =>
          hold.id === change.holdId ? { ...hold, expiresAt: change.expiresAt, items: mergedItems(hold.items, change.items) } : hold,
        ),
      })
    case 'settled': {
      const { holdId, outcome, items } = change.settlement
      const settled: CustomerState = {
        ...state,
        grants: withSettled(state.grants, items),
        holds: state.holds.filter((hold) => hold.id !== holdId),
        endedHolds: remembered(state.endedHolds, { id: holdId, outcome, at }),
      }
      // Most holds are not the next thing to fall due: then nothing needs to be searched.
      return state.holds.some((hold) => hold.id === holdId && hold.expiresAt === state.dueAt) ? withDueAt(settled) : settled
    }
    case 'window_counted': {
      const { window } = change
      const others = state.windows.filter(
        (other) => other.featureId !== window.featureId || other.entityId !== window.entityId || other.limitId !== window.limitId,
      )
      return { ...state, windows: [...others, window] }
    }
  }
}

function newState(customer: NewCustomer, seq: number): CustomerState {
  const { id, name, email, fingerprint, metadata, sendEmailReceipts, controls, createdAt, clockOffsetMs } = customer
  return {
    ...{ id, name, email, fingerprint, metadata, sendEmailReceipts, controls, createdAt, clockOffsetMs },
    deletedAt: null,
    seq,
    subscriptions: [],
    trialsUsed: [],
    entities: [],
    grants: [],
    holds: [],
    endedHolds: [],
    windows: [],
    dueAt: Number.POSITIVE_INFINITY,
  }
}

/** Adds held items to a hold: the same feature's payments are appended, so that they unwind last in, first out. */
export function mergedItems(items: readonly HoldItem[], additions: readonly HoldItem[]): readonly HoldItem[] {
  if (items.length === 0 && additions.length === 1) return additions
  const merged = new Map<string, HoldItem>()
  for (const item of [...items, ...additions]) {
    const before = merged.get(item.featureId)
    merged.set(
      item.featureId,
      before ? { ...item, units: before.units + item.units, payments: [...before.payments, ...item.payments] } : item,
    )
  }
  return [...merged.values()]
}

function withDueAt(state: CustomerState): CustomerState {
  return { ...state, dueAt: dueAtOf(state) }
}

function remembered(ended: readonly EndedHold[], hold: EndedHold): readonly EndedHold[] {
  return ended.length < REMEMBERED_HOLDS ? [...ended, hold] : [...ended.slice(1), hold]
}

function replaced<T extends { readonly id: string }>(list: readonly T[], item: T): readonly T[] {
  return list.map((other) => (other.id === item.id ? item : other))
}

function changeGrant(state: CustomerState, grantId: string, change: (grant: Grant) => Grant): CustomerState {
  return { ...state, grants: state.grants.map((grant) => (grant.id === grantId ? change(grant) : grant)) }
}

/** Where the payments of a hold went. */
export type SettledPayments = Pick<SettledItem, 'kept' | 'returned' | 'extra'>

type Movement = 'use' | 'hold' | 'keep' | 'return'

function withItems(grants: readonly Grant[], items: readonly HoldItem[]): readonly Grant[] {
  let changed = grants
  for (const item of items) changed = withPayments(changed, item.payments, 'hold')
  return changed
}

/** The grants after a hold's items were settled. */
export function withSettled(grants: readonly Grant[], items: readonly SettledPayments[]): readonly Grant[] {
  let changed = grants
  for (const item of items) {
    changed = withPayments(changed, item.kept, 'keep')
    changed = withPayments(changed, item.returned, 'return')
    changed = withPayments(changed, item.extra, 'use')
  }
  return changed
}

/** Moves the units of payments; payments of a grant that is gone, or of an ended cycle, move nothing that still counts. */
function withPayments(grants: readonly Grant[], payments: readonly Payment[], movement: Movement): readonly Grant[] {
  if (payments.length === 0) return grants
  const changed = grants.slice()
  for (const payment of payments) {
    let index = 0
    while (index < changed.length && changed[index]?.id !== payment.grantId) index++
    const grant = changed[index]
    if (grant === undefined) continue
    if (payment.rolloverId !== null) {
      const rollovers = grant.rollovers.map((rollover) =>
        rollover.id === payment.rolloverId ? { ...rollover, ...moved(rollover, payment.amount, movement) } : rollover,
      )
      changed[index] = { ...grant, rollovers }
    } else if (payment.cycle === grant.cycle) {
      changed[index] = { ...grant, ...moved(grant, payment.amount, movement) }
    }
  }
  return changed
}

function moved(
  counted: { readonly used: bigint; readonly held: bigint },
  amount: bigint,
  movement: Movement,
): { readonly used: bigint; readonly held: bigint } {
  switch (movement) {
    case 'use':
      return { used: counted.used + amount, held: counted.held }
    case 'hold':
      return { used: counted.used, held: counted.held + amount }
    case 'keep':
      return { used: counted.used + amount, held: counted.held - amount }
    case 'return':
      return { used: counted.used, held: counted.held - amount }
  }
}
