import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { assertFollows } from '../assertFollows.ts'
import type { Work } from '../store.ts'
import { findResident, type Memory } from './memory.ts'
import { type LedgerMark, replay } from './replay.ts'
import type { Resident } from './resident.ts'
import type { Transactions } from './transactions.ts'

/** What a batch has appended so far. */
interface Batch {
  readonly entries: RecordedEntry[]
  /** The last record of each operation. */
  readonly operations: Map<string, RecordedOperation>
}

interface RecordedEntry {
  readonly resident: Resident
  /** Null when the entry created the customer. */
  readonly before: CustomerState | null
  readonly at: number
  readonly position: number
}

interface RecordedOperation {
  readonly operation: Operation
  readonly position: number
}

/**
 * Builds the function that decides a batch and appends what it records in one durable transaction.
 *
 * Each work sees the customer as the one before left it. When the transaction fails, memory goes back to what it was, and before the next
 * batch the file is asked what it holds: of a commit that failed nobody else knows how it ended.
 */
export function createWriter(memory: Memory, transactions: Transactions): (works: readonly Work[]) => void {
  const { entries, operations, residents, operationIndex } = memory
  let trusted = true

  const undo = (batch: Batch, mark: LedgerMark): void => {
    trusted = false
    for (const { resident, before } of batch.entries.reverse()) {
      if (before !== null) resident.state = before
      if (resident.unfolded.length === 0) residents.release(resident)
      if (before === null) residents.remove(resident)
    }
    entries.rewind(mark.entries)
    operations.rewind(mark.operations)
  }

  const catchUp = (): void => {
    const known = endOf(memory)
    entries.reload()
    operations.reload()
    replay(memory, known)
    trusted = true
  }

  return (works) => {
    if (!trusted) catchUp()
    const mark = endOf(memory)
    const batch: Batch = { entries: [], operations: new Map() }
    try {
      transactions.durable(() => {
        for (const work of works) decideOne(memory, batch, work)
      })
    } catch (error) {
      undo(batch, mark)
      throw error
    }
    for (const { resident, at, position } of batch.entries) resident.unfolded.push({ at, position })
    for (const [id, { position }] of batch.operations) operationIndex.note(id, position)
  }
}

/** Where the ledger ends. */
function endOf({ entries, operations }: Memory): LedgerMark {
  return { entries: entries.last, operations: operations.last }
}

function decideOne(memory: Memory, batch: Batch, work: Work): void {
  const { customerId, operationId } = work
  const resident = findResident(memory, customerId)
  const before = resident?.state ?? null
  const known = operationId === null ? null : (batch.operations.get(operationId)?.operation ?? memory.operationIndex.find(operationId))
  const effect = work.run(before, known)
  assertFollows(work, before, effect)
  const { entry, state, operation } = effect
  if (entry !== null && state !== null) batch.entries.push(recordEntry(memory, resident, entry, state))
  if (operation !== null) batch.operations.set(operation.id, { operation, position: memory.operations.append(operation) })
}

function recordEntry({ entries, customers, residents }: Memory, known: Resident | null, entry: Entry, state: CustomerState): RecordedEntry {
  const position = entries.append(entry)
  const { at } = entry
  if (known === null) {
    customers.insert(position, state)
    const resident: Resident = { id: entry.customerId, number: position, state, unfolded: [] }
    residents.add(resident)
    residents.pin(resident)
    return { resident, before: null, at, position }
  }
  const before = known.state
  customers.update(known.number, before, state)
  known.state = state
  residents.pin(known)
  return { resident: known, before, at, position }
}
