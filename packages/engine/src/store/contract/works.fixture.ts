import type { Operation } from '../../core/command.ts'
import { NO_CONTROLS } from '../../core/controls.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Change, Entry } from '../../core/entry.ts'
import { applyEntry } from '../../core/evolve.ts'
import type { Grant } from '../../core/grant.ts'
import type { Effect, Work } from '../store.ts'

/** An expiry that no test lives to see. */
export const FAR = 4_102_444_800_000

/** Turns a synchronous throw into a rejection: a store may do either. */
export async function attempt<T>(act: () => T | Promise<T>): Promise<T> {
  return act()
}

export interface Writing {
  readonly work: Work
  /** The customer after the last run. */
  after(): CustomerState | null
  /** The entry of the last run. */
  entry(): Entry | null
}

/** A work that records changes in one entry. */
export function writing(
  customerId: string,
  changes: readonly Change[],
  also: { readonly operation?: Operation; readonly at?: number } = {},
): Writing {
  let effect: Effect = { state: null, entry: null, operation: null }
  const run = (state: CustomerState | null): Effect => {
    const { operation = null, at = 1_000 } = also
    const entry: Entry = { customerId, seq: (state?.seq ?? 0) + 1, at, operationId: operation?.id ?? null, changes }
    effect = { state: applyEntry(state, entry), entry, operation }
    return effect
  }
  return { work: { customerId, operationId: also.operation?.id ?? null, run }, after: () => effect.state, entry: () => effect.entry }
}

/** Creates the customer on its first run and uses one unit on each later one. */
export function counting(customerId: string, at = 1_000): Work['run'] {
  return (state, known) => writing(customerId, state ? [used(1n)] : [created(customerId), granted(1_000n)], { at }).work.run(state, known)
}

export function reading(
  customerId: string,
  operationId: string | null,
  look: (state: CustomerState | null, operation: Operation | null) => void,
): Work {
  return {
    customerId,
    operationId,
    run(state, known) {
      look(state, known)
      return { state, entry: null, operation: null }
    },
  }
}

export function effectOf(record: Operation): Effect {
  return { state: null, entry: null, operation: record }
}

export function operation(id: string, customerId: string, fields: Partial<Operation> = {}): Operation {
  return {
    id,
    customerId,
    fingerprint: 'input',
    status: 'done',
    holdId: null,
    seq: null,
    result: null,
    at: 1_000,
    expiresAt: FAR,
    ...fields,
  }
}

export function created(id: string, name: string | null = null): Change {
  const fields = { name, email: null, fingerprint: null, metadata: { ['a "key"']: [1, null] }, sendEmailReceipts: false }
  return { kind: 'customer_created', customer: { id, ...fields, controls: NO_CONTROLS, createdAt: 1_000, clockOffsetMs: 0 } }
}

export function granted(amount: bigint): Change {
  return { kind: 'granted', grant: { ...GRANT, included: amount, granted: amount } }
}

export function used(amount: bigint): Change {
  const payment = { grantId: GRANT.id, planId: null, rolloverId: null, cycle: 0, poolId: GRANT.featureId, amount, cost: 10_000_000_000n }
  const use = {
    featureId: GRANT.featureId,
    entityId: null,
    units: amount,
    payments: [payment],
    eventName: null,
    properties: null,
    timestamp: null,
  }
  return { kind: 'used', use }
}

const GRANT: Grant = {
  id: 'grant-1',
  featureId: 'messages',
  planId: null,
  subscriptionId: null,
  itemId: null,
  entityId: null,
  perEntity: false,
  flag: false,
  unlimited: false,
  included: 0n,
  prepaid: 0n,
  interval: { unit: 'month', count: 1 },
  anchorAt: 0,
  nextResetAt: 2_678_400_000,
  expiresAt: null,
  createdAt: 0,
  addOn: false,
  overage: { max: 7n },
  rollover: null,
  price: { amount: 0.1 },
  cycle: 0,
  granted: 0n,
  used: 0n,
  held: 0n,
  rollovers: [],
}
