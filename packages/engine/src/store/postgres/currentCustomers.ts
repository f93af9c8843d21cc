import type pg from 'pg'
import { decodeChanges, decodeCustomer } from '../../core/codec.ts'
import type { CustomerState } from '../../core/customer.ts'
import { applyEntry } from '../../core/evolve.ts'
import { send } from './connection.ts'
import type { CustomerCache, KnownCustomer } from './customerCache.ts'
import { keyOf } from './key.ts'
import { type CustomerRow, LOAD_CUSTOMERS, type LoadedRow } from './statements.ts'

/**
 * Customers as their rows say that they stand: those that the cache has so are not read again, the others are read in one statement. Who has no
 * row is not in the answer.
 */
export async function currentCustomers(
  client: pg.ClientBase,
  customerIds: Iterable<string>,
  rows: readonly CustomerRow[],
  cache: CustomerCache,
): Promise<ReadonlyMap<string, KnownCustomer>> {
  const rowOf = new Map(rows.map((row) => [row.customer_id, row]))
  const current = new Map<string, KnownCustomer>()
  const changed: string[] = []
  for (const id of new Set(customerIds)) {
    const key = keyOf(id)
    const row = rowOf.get(key)
    if (row === undefined) continue
    const known = cache.matching(id, row)
    if (known === null) changed.push(key)
    else current.set(id, known)
  }
  for (const customer of await loadCustomers(client, changed)) {
    cache.put(customer)
    current.set(customer.state.id, customer)
  }
  return current
}

/** Reads customers from the database, each from its stored state and the entries since. In no order. */
export async function loadCustomers(client: pg.ClientBase, keys: readonly string[]): Promise<readonly KnownCustomer[]> {
  if (keys.length === 0) return []
  const { rows } = await send<LoadedRow>(client, LOAD_CUSTOMERS, [keys])
  return rows.map(customerOf)
}

function customerOf({ customer_id: key, seq, batch, state: stored, tail }: LoadedRow): KnownCustomer {
  const base = stored === null ? null : decodeCustomer(stored)
  let state: CustomerState | null = base
  for (const line of tail?.split('\n') ?? []) {
    const space = line.indexOf(' ')
    state = applyEntry(state, {
      customerId: key,
      seq: (state?.seq ?? 0) + 1,
      at: Number(line.slice(0, space)),
      operationId: null,
      changes: decodeChanges(line.slice(space + 1)),
    })
  }
  if (state?.seq !== Number(seq)) throw new Error(`the ledger of customer '${key}' ends at entry ${state?.seq ?? 0}, not at ${seq}`)
  return { state, batch, storedSeq: base?.seq ?? 0 }
}
