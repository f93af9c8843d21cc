import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { assertFollows } from '../assertFollows.ts'
import type { Work } from '../store.ts'
import type { NotedEntry } from './entryNotes.ts'
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

interface RecordedEntry extends NotedEntry {
  readonly customerId: string
}

interface RecordedOperation {
  readonly operation: Operation
  readonly position: number
}

/**
 * Decides a batch and appends what it records in one transaction: a durable one, unless every work is content with less or the caller sees to
 * the disk.
 */
export type WriteBatch = (works: readonly Work[], how?: keyof Transactions) => void

/**
 * Builds the function that writes batches.
 *
 * Each work sees the customer as the one before left it. When the transaction fails, the customers it touched are forgotten, to be read from
 * the file again; and before the next batch the file is asked what it holds, since nobody else knows how a commit ended that failed.
 */
export function createWriter(memory: Memory, transactions: Transactions): WriteBatch {
  const { entries, operations, residents, entryIndex, operationIndex } = memory
  let trusted = true

  const giveUp = (batch: Batch, mark: LedgerMark): void => {
    trusted = false
    for (const { customerId } of batch.entries) residents.remove(customerId)
    entries.rewind(mark.entries)
    operations.rewind(mark.operations)
  }

  const catchUp = (): void => {
    const known = endOf(memory)
    entries.reload()
    operations.reload()
    for (const { customerId } of entries.placesAfter(known.entries)) residents.remove(customerId)
    replay(memory, known)
    trusted = true
  }

  return (works, how = works.every((work) => work.relaxed) ? 'lazy' : 'durable') => {
    if (!trusted) catchUp()
    const mark = endOf(memory)
    const batch: Batch = { entries: [], operations: new Map() }
    try {
      transactions[how](() => {
        for (const work of works) decideOne(memory, batch, work)
      })
    } catch (error) {
      giveUp(batch, mark)
      throw error
    }
    for (const entry of batch.entries) entryIndex.note(entry)
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
  const { customerId, seq, at } = entry
  if (known === null) {
    customers.insert(position, state)
    residents.add({ id: customerId, number: position, state, savedSeq: 0 })
  } else {
    customers.update(known.number, known.state, state)
    known.state = state
    residents.changed(known)
  }
  return { customerId, number: known?.number ?? position, seq, at, position }
}
