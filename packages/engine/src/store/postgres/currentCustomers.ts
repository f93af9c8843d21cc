import type pg from 'pg'
import { decodeChanges, decodeCustomer } from '../../core/codec.ts'
import type { CustomerState } from '../../core/customer.ts'
import { applyEntry } from '../../core/evolve.ts'
import { textArray } from './binaryArray.ts'
import { type CustomerCache, isSameVersion, type KnownCustomer, type Version } from './customerCache.ts'
import { keyOf } from './key.ts'
import { ask, type Row } from './roundTrip.ts'
import { LOAD_CUSTOMERS } from './statements.ts'

/** The versions that rows of `LAST_ENTRIES` tell, by the keys of the customers. */
export function versionsOf(lastEntries: readonly Row[]): ReadonlyMap<string, Version> {
  return new Map(lastEntries.map((row) => [String(row[0]), versionOf(row)]))
}

/**
 * Customers in their current versions: those that the cache has are not read again, the others are read in one statement. Who has no version
 * is not in the answer.
 */
export async function currentCustomers(
  client: pg.ClientBase,
  customerIds: Iterable<string>,
  versions: ReadonlyMap<string, Version>,
  cache: CustomerCache,
): Promise<ReadonlyMap<string, KnownCustomer>> {
  const current = new Map<string, KnownCustomer>()
  const changed: string[] = []
  for (const id of customerIds) {
    const key = keyOf(id)
    const version = versions.get(key)
    if (version === undefined) continue
    const known = cache.get(id)
    if (known !== undefined && isSameVersion(known, version)) current.set(id, known)
    else changed.push(key)
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
  const rows = await ask(client, LOAD_CUSTOMERS, [textArray(keys)])
  return rows.map(customerOf)
}

function versionOf([, seq, batch = null]: Row): Version {
  return { seq: Number(seq), batch: String(batch) }
}

function customerOf(row: Row): KnownCustomer {
  const [key, , , stored = null, tail = null] = row
  const version = versionOf(row)
  const base = stored === null ? null : decodeCustomer(stored)
  let state: CustomerState | null = base
  for (const line of tail?.split('\n') ?? []) {
    const space = line.indexOf(' ')
    state = applyEntry(state, {
      customerId: String(key),
      seq: (state?.seq ?? 0) + 1,
      at: Number(line.slice(0, space)),
      operationId: null,
      changes: decodeChanges(line.slice(space + 1)),
    })
  }
  if (state?.seq !== version.seq) throw new Error(`the ledger of customer '${key}' ends at entry ${state?.seq ?? 0}, not at ${version.seq}`)
  return { ...version, state, storedSeq: base?.seq ?? 0 }
}
