import { encodeChanges, encodeCustomer } from '../../core/codec.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { storedText } from '../storedText.ts'
import { boolArray, float8Array, int4Array, int8Array, textArray } from './binaryArray.ts'
import { keyOf } from './key.ts'
import { expiryDayOf } from './operations.ts'
import type { Query } from './roundTrip.ts'
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

export interface Stamp {
  /** Names the batch: a number of 64 bits, as text. */
  readonly batch: string
  /** The server's time in µs. What a batch records lies a µs apart, in its order. */
  readonly now: number
}

/**
 * The statements that write a batch, without those that have nothing to write. Rows that another batch may be about to create as well come in the
 * order of their keys: then neither waits for what the other waits for.
 */
export function batchWrites({ entries, listed, stored, added, replaced }: Writes, stamp: Stamp): readonly Query[] {
  return [
    ...(listed.length === 0 ? [] : [writeCustomers(listed, stamp)]),
    ...(entries.length === 0 ? [] : [appendEntries(entries, stamp)]),
    ...(stored.length === 0 ? [] : [writeStates(stored)]),
    ...(replaced.length === 0 ? [] : [{ statement: REPLACE_OPERATIONS, values: operationColumns(replaced) }]),
    ...(added.length === 0 ? [] : [{ statement: ADD_OPERATIONS, values: operationColumns(added) }]),
  ]
}

function writeCustomers(listed: readonly CustomerState[], { now }: Stamp): Query {
  const rows = byKey(listed.map((state, index) => ({ key: keyOf(state.id), state, created: now + index })))
  const values = [
    textArray(rows.map(({ key }) => key)),
    int8Array(rows.map(({ created }) => created)),
    boolArray(rows.map(({ state }) => state.deletedAt !== null)),
    textArray(rows.map(({ state }) => searchable(state.id, state.name, state.email))),
  ]
  return { statement: WRITE_CUSTOMERS, values }
}

function appendEntries(entries: readonly Entry[], { batch, now }: Stamp): Query {
  const values = [
    batch,
    textArray(entries.map((entry) => keyOf(entry.customerId))),
    int8Array(entries.map((entry) => entry.seq)),
    float8Array(entries.map((entry) => entry.at)),
    int8Array(entries.map((_, index) => now + index)),
    textArray(entries.map((entry) => (entry.operationId === null ? null : storedText(entry.operationId)))),
    textArray(entries.map((entry) => encodeChanges(entry.changes))),
  ]
  return { statement: APPEND_ENTRIES, values }
}

function writeStates(stored: readonly CustomerState[]): Query {
  const values = [
    textArray(stored.map((state) => keyOf(state.id))),
    int8Array(stored.map((state) => state.seq)),
    textArray(stored.map(encodeCustomer)),
  ]
  return { statement: WRITE_STATES, values }
}

function operationColumns(operations: readonly Operation[]): readonly Buffer[] {
  const rows = byKey(operations.map((operation) => ({ key: keyOf(operation.id), operation })))
  return [
    textArray(rows.map(({ key }) => key)),
    textArray(rows.map(({ operation }) => keyOf(operation.customerId))),
    int4Array(rows.map(({ operation }) => expiryDayOf(operation))),
    textArray(rows.map(({ operation }) => JSON.stringify(operation))),
  ]
}

function byKey<T extends { readonly key: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))
}
