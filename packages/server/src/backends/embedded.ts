import { randomUUID } from 'node:crypto'
import {
  accessOf,
  amountOf,
  type Commit,
  type CustomerState,
  type Engine,
  type Entry,
  type ExecuteOptions,
  type OverageBehavior,
  type Refusal,
  type Reserve,
  StoreUnavailableError,
} from '@tollgate/engine'
import {
  type AccessAfter,
  type Backend,
  type Caller,
  type Committed,
  type Ended,
  type FeatureUnits,
  OutageError,
  type Overage,
  type Refused,
  type Reservation,
} from './backend.ts'
import { allotted } from './embedded/allotted.ts'
import { mistake, shortDenial } from './embedded/denialFacts.ts'
import { entryOfHold } from './embedded/entryOfHold.ts'
import { historyOf, receiptsOf } from './embedded/history.ts'
import { planOf } from './embedded/planOf.ts'
import { PROCEDURE, receiptOf, settlementReceipt, usesOf } from './embedded/receiptOf.ts'
import { watchedBy } from './embedded/watch.ts'
import { unreadDenial } from './unreadDenial.ts'

const OVERAGE: Readonly<Record<Overage, OverageBehavior>> = { refuse: 'reject', cap: 'cap', overflow: 'overflow' }

/** Keeps usage in an engine of this process: no account, no server, no round trip. */
export function embedded(engine: Engine): Backend {
  const watch = watchedBy(engine)
  const timeOf = (state: CustomerState): number => engine.now() + state.clockOffsetMs
  const accessAfter =
    (state: CustomerState | null, { entityId }: Caller): AccessAfter =>
    () =>
      state && accessOf(engine.catalog, state, entityId, timeOf(state))

  /** A refusal that comes from a balance or names what does not exist; anything else is a mistake and is thrown. */
  const refused = (refusal: Refusal, caller: Caller, items: readonly FeatureUnits[]): Refused => {
    const access = accessAfter(refusal.customer, caller)
    const { customer: state } = refusal
    if (refusal.code === 'short' && state !== null) {
      const short = { catalog: engine.catalog, state, scope: { entityId: caller.entityId }, now: timeOf(state), items }
      return { kind: 'denied', denial: shortDenial(refusal.shortages, short), access }
    }
    if (refusal.code === 'entity_not_found') return { kind: 'denied', denial: unreadDenial('entity_not_found', items), access }
    throw mistake(refusal)
  }

  const ended = (refusal: Refusal): Ended | null => (refusal.code === 'hold_not_found' ? { kind: 'ended', became: refusal.became } : null)

  const customerOf = async (caller: Caller): Promise<CustomerState> => {
    const known = await engine.customer(caller.customerId)
    if (known) return known
    const answer = await engine.execute(caller.customerId, { kind: 'touch' }, { create: seedOf(caller) })
    if (!answer.ok) throw mistake(answer)
    return answer.customer
  }

  return outageAware({
    async access(caller) {
      const state = await customerOf(caller)
      return accessOf(engine.catalog, state, caller.entityId, timeOf(state))
    },
    async check({ caller, items }) {
      const check = { items: items.map(amountsOf), entityId: caller.entityId, properties: null }
      const first = await engine.check(caller.customerId, check)
      const answer = !first.ok && first.code === 'customer_not_found' ? await checkAnew(check, caller) : first
      if (!answer.ok) return refused(answer, caller, items)
      if (!answer.allowed) return refused({ ...answer, ok: false, code: 'short' }, caller, items)
      return { kind: 'allowed', access: accessAfter(answer.customer, caller) }
    },
    reserve({ caller, items, operation, holdId = randomUUID(), ttlMs, procedure }) {
      // A call that cannot be repeated is known by its hold: its operation costs the ledger nothing.
      const id = operation.unique ? operation.id : holdId
      const named = operation.unique ? null : operation
      const reserve: Reserve = {
        kind: 'reserve',
        holdId: id,
        operation: named,
        items: items.map(amountsOf),
        entityId: caller.entityId,
        overage: 'reject',
        expiresAt: { afterMs: ttlMs },
        properties: { [PROCEDURE]: procedure },
      }
      const create = seedOf(caller)
      const options: ExecuteOptions<Reserve> = named ? { create, relaxed: true, operation: named } : { create, relaxed: true }
      return engine.execute(caller.customerId, reserve, options).then((answer): Reservation => {
        const access = accessAfter(answer.customer, caller)
        if (answer.ok) return { kind: 'held', hold: { id, caller, operation, procedure }, access }
        switch (answer.code) {
          case 'operation_done':
            return { kind: 'repeated', answer: answer.operation.result, access }
          case 'operation_running':
            return { kind: 'running' }
          case 'operation_conflict':
            return { kind: 'conflict' }
          default:
            return refused(answer, caller, items)
        }
      }, throwOutage)
    },
    allot: (caller, allowance) => allotted(engine, caller, allowance),
    async extend(hold, items, ttlMs) {
      const { caller } = hold
      const extend = { kind: 'extend', holdId: hold.id, items: items.map(amountsOf), expiresAt: { afterMs: ttlMs } } as const
      const answer = await engine.execute(caller.customerId, extend, { relaxed: true })
      if (answer.ok) return { kind: 'extended', access: accessAfter(answer.customer, caller) }
      return ended(answer) ?? refused(answer, caller, items)
    },
    commit(hold, { units, overage, answer: result }) {
      const { caller, operation } = hold
      const commit: Commit = { kind: 'commit', holdId: hold.id, units: units.map(amountsOf), overage: OVERAGE[overage], properties: null }
      return engine.execute(caller.customerId, commit, result === null ? {} : { result }).then((answer): Committed | Refused | Ended => {
        if (!answer.ok) return ended(answer) ?? refused(answer, caller, units)
        const { customer, settlement } = answer
        return {
          kind: 'committed',
          receipt: () => settlementReceipt(settlement, operation.id, customer.id, timeOf(customer)),
          access: accessAfter(customer, caller),
        }
      }, throwOutage)
    },
    async release(hold) {
      const answer = await engine.execute(hold.caller.customerId, { kind: 'release', holdId: hold.id }, { relaxed: true })
      if (answer.ok) return { kind: 'released', access: accessAfter(answer.customer, hold.caller) }
      return ended(answer) ?? { kind: 'ended', became: null }
    },
    async record({ caller, items, operation, overage, procedure, answer: result }) {
      const { entityId } = caller
      const answer = await engine.execute(
        caller.customerId,
        {
          kind: 'track',
          items: items.map(amountsOf),
          entityId,
          overage,
          eventName: null,
          properties: { [PROCEDURE]: procedure },
          timestamp: null,
        },
        { create: seedOf(caller), operation, ...(result !== null && { result }) },
      )
      const access = accessAfter(answer.customer, caller)
      if (answer.ok) {
        const { customer, uses } = answer
        const entry = { customerId: customer.id, seq: customer.seq, at: timeOf(customer), operationId: operation.id }
        const changes = uses.map((use) => ({ kind: 'used', use }) as const)
        const receipt = receiptOf({ ...entry, changes })
        const nothing = { operationId: operation.id, customerId: customer.id, entityId, at: entry.at, items: [] }
        return { kind: 'committed', receipt: () => receipt ?? nothing, access }
      }
      if (answer.code === 'operation_done') return { kind: 'repeated', answer: answer.operation.result, access }
      if (answer.code === 'operation_conflict') return { kind: 'conflict' }
      if (answer.code === 'operation_running') return { kind: 'running' }
      throw mistake(answer)
    },
    async receipt(caller, operationId) {
      const entry = await entryOf(caller, operationId)
      return entry && receiptOf(entry)
    },
    async refund(caller, operationId) {
      const entry = await entryOf(caller, operationId)
      if (entry === null) return { kind: 'not_found' }
      const operation = { id: `refund:${operationId}`, fingerprint: '' }
      const uses = usesOf(entry).map(({ ofOperationId, holdId, ...use }) => use)
      const answer = await engine.execute(caller.customerId, { kind: 'refund', ofOperationId: operationId, uses }, { operation })
      const access = accessAfter(answer.customer, caller)
      if (answer.ok) {
        const at = timeOf(answer.customer)
        const changes = answer.uses.map((use) => ({ kind: 'refunded', use, ofOperationId: operationId }) as const)
        const receipt = receiptOf({ customerId: caller.customerId, seq: answer.customer.seq, at, operationId, changes })
        return receipt ? { kind: 'refunded', receipt, access } : { kind: 'not_found' }
      }
      if (answer.code === 'operation_done' || answer.code === 'operation_running') return { kind: 'already_refunded', access }
      throw mistake(answer)
    },
    history: (query) => historyOf(engine, query),
    receipts: (query) => receiptsOf(engine, query),
    plans: async () => [...engine.catalog.plans.values()].filter((plan) => !plan.archived).map(planOf),
    watch: (caller, listener) =>
      watch(caller.customerId, (state) => listener(accessOf(engine.catalog, state, caller.entityId, timeOf(state)))),
  })

  async function checkAnew(check: Parameters<Engine['check']>[1], caller: Caller): ReturnType<Engine['check']> {
    await customerOf(caller)
    return engine.check(caller.customerId, check)
  }

  async function entryOf({ customerId }: Caller, operationId: string): Promise<Entry | null> {
    const operation = await engine.operation(operationId)
    if (operation === null) return entryOfHold(engine, customerId, operationId)
    if (operation.status !== 'done' || operation.seq === null || operation.customerId !== customerId) return null
    return engine.entry(customerId, operation.seq)
  }
}

function amountsOf({ featureId, units }: FeatureUnits) {
  return { featureId, units: amountOf(units) }
}

function seedOf({ name, email }: Caller): NonNullable<ExecuteOptions['create']> {
  return name === undefined && email === undefined ? true : { name, email }
}

/** Turns a store that cannot answer into the port's outage; everything else passes as it is. */
function throwOutage(error: unknown): never {
  if (error instanceof StoreUnavailableError) throw new OutageError('the usage store cannot answer', { cause: error })
  throw error
}

/** A backend whose methods all know an outage when they see one; those on the path of every call see to it themselves. */
function outageAware(backend: Backend): Backend {
  const aware =
    <TArgs extends readonly unknown[], TAnswer>(method: (...args: TArgs) => Promise<TAnswer>) =>
    (...args: TArgs): Promise<TAnswer> =>
      method(...args).catch(throwOutage)
  return {
    access: aware(backend.access),
    check: aware(backend.check),
    reserve: backend.reserve,
    ...(backend.allot && { allot: aware(backend.allot) }),
    extend: aware(backend.extend),
    commit: backend.commit,
    release: aware(backend.release),
    record: aware(backend.record),
    receipt: aware(backend.receipt),
    refund: aware(backend.refund),
    history: aware(backend.history),
    receipts: aware(backend.receipts),
    plans: aware(backend.plans),
    watch: backend.watch,
  }
}
