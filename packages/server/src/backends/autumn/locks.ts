import { randomUUID } from 'node:crypto'
import { type Amount, unitsOf } from '@tollgate/engine'
import type { Shortage } from '@tollgate/features'
import type { Balance, CheckResponse } from 'autumn-js'
import type { Outbox } from '../../outbox/outbox.ts'
import type { Caller } from '../backend.ts'
import type { AccessBook, Aside } from './accessBook.ts'
import type { Customers } from './customers.ts'
import { shortageOf } from './denial.ts'
import { errorOf, type Fault } from './fault.ts'
import type { PaidFrom } from './part.ts'
import type { Sdk } from './sdk.ts'

/** The longest that Autumn keeps a lock, less what clocks may differ. */
const LONGEST_LIFE_MS = 24 * 60 * 60_000 - 60_000

/** When a lock whose answer was lost is released: late enough that the check cannot arrive after it. */
const LOST_LOCK_MS = 10_000

/** What became of asking for units. */
export type Asked =
  | { readonly kind: 'granted'; readonly lockId: string; readonly expiresAt: number; readonly paidFrom: PaidFrom | null }
  | { readonly kind: 'short'; readonly shortage: Shortage }
  | { readonly kind: 'entity_not_found' }

export interface LockRequest {
  readonly caller: Caller
  readonly featureId: string
  readonly units: Amount
  readonly ttlMs: number
  readonly procedure: string | null
  /** Random by default: an id is never used for two attempts. */
  readonly lockId?: string
}

/** Asks Autumn for units, with and without a lock. */
export interface Locks {
  take(request: LockRequest): Promise<Asked>
  /** Whether units are there; nothing is set aside. */
  ask(caller: Caller, featureId: string, units: Amount): Promise<Asked>
}

export interface LocksOptions {
  readonly sdk: Sdk
  readonly customers: Customers
  readonly book: AccessBook
  readonly outbox: Outbox
  readonly clock: () => number
}

export function createLocks({ sdk, customers, book, outbox, clock }: LocksOptions): Locks {
  const asking = new Map<string, Promise<Asked>>()

  /** Takes in what an answer tells, whichever way it is read. */
  const answered = (
    caller: Caller,
    featureId: string,
    units: Amount,
    response: CheckResponse,
    lockId: string,
    expiresAt: number,
  ): Asked => {
    book.note(caller, balancesOf(response))
    if (!response.allowed) return { kind: 'short', shortage: shortageOf({ featureId, units: unitsOf(units) }, response) }
    return { kind: 'granted', lockId, expiresAt, paidFrom: paidFromOf(response, featureId, units) }
  }

  const ask = async (caller: Caller, featureId: string, units: Amount): Promise<Asked> => {
    const params = { ...paramsOf(caller, featureId), requiredBalance: unitsOf(units) }
    const answer = await customers.withCustomer(caller, () => sdk((autumn, request) => autumn.check(params, request)))
    if (!answer.ok) return refusedOrThrown(answer.fault)
    const { value } = answer
    // Autumn's own fail-open: it could not look, and says "allowed" with nothing to show for it.
    if (value.allowed && value.balance === null && value.flag === null) throw errorOf(failedOpen())
    return answered(caller, featureId, units, value, '', 0)
  }

  return {
    async take({ caller, featureId, units, ttlMs, procedure, lockId = randomUUID() }) {
      const expiresAt = clock() + Math.min(ttlMs, LONGEST_LIFE_MS)
      const params = {
        ...paramsOf(caller, featureId),
        requiredBalance: unitsOf(units),
        lock: { lockId, enabled: true as const, expiresAt },
        ...(procedure !== null && { properties: { procedure } }),
      }
      const answer = await customers.withCustomer(caller, () => sdk((autumn, request) => autumn.check(params, request)))
      if (answer.ok) return answered(caller, featureId, units, answer.value, lockId, expiresAt)
      const { fault } = answer
      if (fault.kind === 'unreadable' && isAllowed(fault.body)) return { kind: 'granted', lockId, expiresAt, paidFrom: null }
      if (fault.kind === 'unanswered' || fault.kind === 'unreadable') {
        // Perhaps the units are set aside: they go back before the lock would end by itself.
        const { customerId, entityId } = caller
        const about = { customerId, entityId, featureId, operationId: null, procedure, at: clock() }
        const delivery = { action: 'release', key: `${lockId}:release`, lockId, ...about } as const
        await outbox.settle({ operation: null, leaseUses: [], deliveries: [{ delivery, notBefore: clock() + LOST_LOCK_MS }] })
      }
      return refusedOrThrown(fault)
    },
    ask(caller, featureId, units) {
      const key = JSON.stringify([caller.customerId, caller.entityId, featureId, String(units)])
      const running = asking.get(key)
      if (running) return running
      const asked = ask(caller, featureId, units).finally(() => asking.delete(key))
      asking.set(key, asked)
      return asked
    },
  }
}

/** Counts units as held for a running call, where it is known which balance they came from. */
export function heldAside(paidFrom: PaidFrom | null, units: Amount): Aside | null {
  return paidFrom && { poolId: paidFrom.poolId, amount: unitsOf(units) * paidFrom.perUnit, state: 'held' }
}

function refusedOrThrown(fault: Fault): Asked {
  if (fault.kind === 'refused' && fault.code === 'entity_not_found') return { kind: 'entity_not_found' }
  throw errorOf(fault)
}

function paramsOf({ customerId, entityId }: Caller, featureId: string) {
  return { customerId, featureId, ...(entityId !== null && { entityId }) }
}

function balancesOf({ balance, balances }: CheckResponse): readonly Balance[] {
  if (balances === undefined) return balance ? [balance] : []
  return Object.values(balances).filter((each) => each !== null)
}

function paidFromOf({ balance, requiredBalance }: CheckResponse, featureId: string, units: Amount): PaidFrom | null {
  if (balance === null) return null
  const asked = unitsOf(units)
  if (balance.featureId === featureId || requiredBalance === undefined || asked === 0) return { poolId: balance.featureId, perUnit: 1 }
  return { poolId: balance.featureId, perUnit: requiredBalance / asked }
}

function isAllowed(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'allowed' in body && body.allowed === true
}

function failedOpen(): Fault {
  return { kind: 'unanswered', error: new Error('it answered "allowed" without having looked') }
}
