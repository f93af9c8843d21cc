import { encodeChanges, encodeCustomer } from '../../core/codec.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { storedText } from '../storedText.ts'
import { boolArray, float8Array, int4Array, int8Array, textArray } from './binaryArray.ts'
import { keyOf } from './key.ts'
import { expiryDayOf, recordOf } from './operations.ts'
import type { Query, Statement } from './roundTrip.ts'
import { searchable } from './searchable.ts'
import { ADD_OPERATIONS, APPEND_ENTRIES, REPLACE_OPERATIONS, WRITE_CUSTOMERS, WRITE_STATES } from './statements.ts'

/** What a batch writes. */
export interface Writes {
  readonly entries: readonly Entry[]
  /** Customers that are new, or found by other texts than before. */
  readonly listed: readonly CustomerState[]
  /** Customers whose state is to be stored. */
  readonly stored: readonly CustomerState[]
  /** Operations whose ids stood for nothing. */
  readonly added: readonly Operation[]
  readonly replaced: readonly Operation[]
}

/**
 * The statements that write a batch, without those that have nothing to write. What a batch records lies a µs apart, in its order. The ids that
 * somebody else may have taken come early, so that little is done in vain. Rows that another batch may be about to create as well come in the
 * order of their keys: then neither waits for what the other waits for.
 *
 * @param batch the batch's number, which marks what it writes.
 */
export function batchWrites({ entries, listed, stored, added, replaced }: Writes, batch: string): readonly Query[] {
  return [
    ...(listed.length === 0 ? [] : [writeCustomers(listed)]),
    ...(added.length === 0 ? [] : [writeOperations(ADD_OPERATIONS, added, batch)]),
    ...(entries.length === 0 ? [] : [appendEntries(entries, batch)]),
    ...(stored.length === 0 ? [] : [writeStates(stored)]),
    ...(replaced.length === 0 ? [] : [writeOperations(REPLACE_OPERATIONS, replaced, batch)]),
  ]
}

function writeCustomers(listed: readonly CustomerState[]): Query {
  const rows = byKey(listed.map((state, place) => ({ key: keyOf(state.id), state, place })))
  const columns = [
    textArray(rows.map(({ key }) => key)),
    int4Array(rows.map(({ place }) => place)),
    boolArray(rows.map(({ state }) => state.deletedAt !== null)),
    textArray(rows.map(({ state }) => searchable(state.id, state.name, state.email))),
  ]
  return { statement: WRITE_CUSTOMERS, values: columns }
}

function appendEntries(entries: readonly Entry[], batch: string): Query {
  const columns = [
    textArray(entries.map((entry) => keyOf(entry.customerId))),
    int8Array(entries.map((entry) => entry.seq)),
    float8Array(entries.map((entry) => entry.at)),
    textArray(entries.map((entry) => (entry.operationId === null ? null : storedText(entry.operationId)))),
    textArray(entries.map((entry) => encodeChanges(entry.changes))),
  ]
  return { statement: APPEND_ENTRIES, values: [batch, ...columns] }
}

function writeStates(stored: readonly CustomerState[]): Query {
  const columns = [
    textArray(stored.map((state) => keyOf(state.id))),
    int8Array(stored.map((state) => state.seq)),
    textArray(stored.map(encodeCustomer)),
  ]
  return { statement: WRITE_STATES, values: columns }
}

function writeOperations(statement: Statement, operations: readonly Operation[], batch: string): Query {
  const rows = byKey(operations.map((operation) => ({ key: keyOf(operation.id), operation })))
  const columns = [
    textArray(rows.map(({ key }) => key)),
    textArray(rows.map(({ operation }) => keyOf(operation.customerId))),
    int4Array(rows.map(({ operation }) => expiryDayOf(operation))),
    textArray(rows.map(({ operation }) => recordOf(operation))),
  ]
  return { statement, values: [batch, ...columns] }
}

function byKey<T extends { readonly key: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))
}
