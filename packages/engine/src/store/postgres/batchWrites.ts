import { encodeChanges, encodeCustomer } from '../../core/codec.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { storedText } from '../storedText.ts'
import type { Statement } from './connection.ts'
import type { DecidedBatch } from './decideBatch.ts'
import { keyOf } from './key.ts'
import { expiryDayOf } from './operations.ts'
import { searchable } from './searchable.ts'
import { ADD_OPERATIONS, APPEND_ENTRIES, REPLACE_OPERATIONS, WRITE_CUSTOMERS, WRITE_STATES } from './statements.ts'

/** A statement with its values: what concerns the whole batch, then a list for each column. */
export interface Write {
  readonly statement: Statement
  readonly values: readonly unknown[]
}

export interface Stamp {
  /** Names the batch, in all that it writes. */
  readonly batch: string
  /** The server's time in µs. What a batch records lies a µs apart, in its order. */
  readonly now: number
}

/**
 * What writes a decided batch, leaving out statements with nothing to write. Rows are written in the order of their keys where another batch may
 * be about to create the same: then neither waits for what the other waits for.
 *
 * @param due the customers whose state is to be stored.
 * @param isFree tells whether an operation id is known to have stood for nothing.
 */
export function batchWrites(
  { entries, customers, operations }: DecidedBatch,
  stamp: Stamp,
  due: readonly CustomerState[],
  isFree: (operationId: string) => boolean,
): readonly Write[] {
  const records = byKey([...operations.values()])
  const added = records.filter(([, operation]) => isFree(operation.id))
  const replaced = records.filter(([, operation]) => !isFree(operation.id))
  const places = new Map([...customers.keys()].map((id, index) => [id, stamp.now + index]))
  return [
    ...(customers.size === 0 ? [] : [writeCustomers(byKey([...customers.values()]), places, stamp)]),
    ...(entries.length === 0 ? [] : [appendEntries(entries, stamp)]),
    ...(due.length === 0 ? [] : [writeStates(due)]),
    ...(replaced.length === 0 ? [] : [{ statement: REPLACE_OPERATIONS, values: operationColumns(replaced) }]),
    ...(added.length === 0 ? [] : [{ statement: ADD_OPERATIONS, values: operationColumns(added) }]),
  ]
}

type Keyed<T> = readonly (readonly [key: string, row: T])[]

function byKey<T extends { readonly id: string }>(rows: readonly T[]): Keyed<T> {
  return rows.map((row) => [keyOf(row.id), row] as const).sort(([a], [b]) => (a < b ? -1 : 1))
}

function writeCustomers(customers: Keyed<CustomerState>, places: ReadonlyMap<string, number>, { batch }: Stamp): Write {
  const values = [
    batch,
    customers.map(([key]) => key),
    customers.map(([, state]) => state.seq),
    customers.map(([, state]) => places.get(state.id)),
    customers.map(([, state]) => state.deletedAt !== null),
    customers.map(([, state]) => searchable(state.id, state.name, state.email)),
  ]
  return { statement: WRITE_CUSTOMERS, values }
}

function appendEntries(entries: readonly Entry[], { batch, now }: Stamp): Write {
  const values = [
    batch,
    entries.map((entry) => keyOf(entry.customerId)),
    entries.map((entry) => entry.seq),
    entries.map((entry) => entry.at),
    entries.map((_, index) => now + index),
    entries.map((entry) => (entry.operationId === null ? null : storedText(entry.operationId))),
    entries.map((entry) => encodeChanges(entry.changes)),
  ]
  return { statement: APPEND_ENTRIES, values }
}

function writeStates(states: readonly CustomerState[]): Write {
  const values = [states.map((state) => keyOf(state.id)), states.map((state) => state.seq), states.map(encodeCustomer)]
  return { statement: WRITE_STATES, values }
}

function operationColumns(operations: Keyed<Operation>): readonly unknown[] {
  return [
    operations.map(([key]) => key),
    operations.map(([, operation]) => expiryDayOf(operation)),
    operations.map(([, operation]) => JSON.stringify(operation)),
  ]
}
