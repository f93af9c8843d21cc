import { applyEntry } from '../../core/evolve.ts'
import type { PlacedEntry } from './entryTable.ts'
import { findResident, type Memory } from './memory.ts'

/** How far the ledger is known: the last position of each kind. */
export interface LedgerMark {
  readonly entries: number
  readonly operations: number
}

/** Entries read at once. */
const CHUNK = 1_000

/** Brings memory up to the ledger: folds in what was recorded after a mark and is in no folded table. */
export function replay(memory: Memory, mark: LedgerMark): void {
  const { entries, operations, operationIndex } = memory
  for (let first = mark.entries + 1; first <= entries.last; first += CHUNK) {
    for (const placed of entries.range(first, first + CHUNK - 1)) replayEntry(memory, placed)
  }
  for (const { id, position } of operations.idsAfter(mark.operations)) operationIndex.note(id, position)
}

function replayEntry(memory: Memory, { entry, position }: PlacedEntry): void {
  const known = findResident(memory, entry.customerId)
  // A slice of the last fold may have written the customer before the mark was moved.
  if (known && entry.seq <= known.state.seq) return
  const state = applyEntry(known?.state ?? null, entry)
  const resident = known ?? { id: entry.customerId, number: position, state, unfolded: [] }
  resident.state = state
  resident.unfolded.push({ at: entry.at, position })
  if (known === null) memory.residents.add(resident)
  memory.residents.pin(resident)
}
