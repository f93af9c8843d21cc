import type { CustomerState } from '../../core/customer.ts'
import { applyEntry } from '../../core/evolve.ts'
import type { CustomerTable } from './customerTable.ts'
import type { EntryIndex } from './entryIndex.ts'
import type { EntryTable } from './entryTable.ts'
import type { OperationIndex } from './operationIndex.ts'
import type { OperationTable } from './operationTable.ts'
import type { Resident } from './resident.ts'
import type { Residents } from './residents.ts'

/** What is in memory of a database, and the tables it comes from. */
export interface Memory {
  readonly residents: Residents
  readonly customers: CustomerTable
  readonly entries: EntryTable
  readonly entryIndex: EntryIndex
  readonly operations: OperationTable
  readonly operationIndex: OperationIndex
}

/** The customer, brought into memory if need be; null when there is none. */
export function findResident(memory: Memory, customerId: string): Resident | null {
  const known = memory.residents.get(customerId)
  if (known !== undefined) return known
  const read = readResident(memory, customerId)
  if (read !== null) memory.residents.add(read)
  return read
}

/** Reads a customer from the file: the state that was saved last, and the entries after it. */
export function readResident({ customers, entries, entryIndex }: Memory, customerId: string): Resident | null {
  const saved = customers.read(customerId)
  if (saved === null) return null
  const { number } = saved
  const savedSeq = saved.state?.seq ?? 0
  const last = entryIndex.lastSeq(number)
  let state: CustomerState | null = saved.state
  for (const { position } of entryIndex.positions(number, { first: savedSeq + 1, last, ...ANY_TIME })) {
    const entry = entries.read(position)
    if (entry === null) throw new Error(`the entry at position ${position}, of customer '${customerId}', is missing`)
    state = applyEntry(state, entry)
  }
  if (state === null || state.seq < last) throw new Error(`entries of customer '${customerId}' are missing`)
  return { id: customerId, number, state, savedSeq }
}

const ANY_TIME = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }
