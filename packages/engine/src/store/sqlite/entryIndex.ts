import type { DatabaseSync } from 'node:sqlite'
import { firstUnfolded, type Resident, type UnfoldedEntry } from './resident.ts'

/** Finds a customer's entries: the newest in memory, those that were folded in their table. */
export interface EntryIndex {
  /** Where the customer's entry with a number stands; null when there is none. */
  positionOf(resident: Resident, seq: number): number | null
  /** Where the customer's entries numbered from `first` to `last` stand, both included, that lie in a span of time. Oldest first. */
  positions(resident: Resident, span: SeqSpan): readonly SeqPosition[]
}

export interface SeqSpan {
  readonly first: number
  readonly last: number
  readonly from: number
  readonly until: number
}

export interface SeqPosition {
  readonly seq: number
  readonly position: number
}

export function createEntryIndex(database: DatabaseSync): EntryIndex {
  const selectOne = database.prepare('SELECT position FROM entry_positions WHERE number = ? AND seq = ?')
  const selectSpan = database.prepare(
    'SELECT seq, position FROM entry_positions WHERE number = ? AND seq BETWEEN ? AND ? AND at >= ? AND at < ? ORDER BY seq',
  )

  return {
    positionOf(resident, seq) {
      if (seq > resident.state.seq) return null
      if (seq >= firstUnfolded(resident)) return resident.unfolded[seq - firstUnfolded(resident)]?.position ?? null
      const row = selectOne.get(resident.number, seq)
      return row === undefined ? null : Number(row['position'])
    },
    positions(resident, { first, last, from, until }) {
      const inMemory = firstUnfolded(resident)
      const folded =
        first < inMemory
          ? selectSpan
              .all(resident.number, first, Math.min(last, inMemory - 1), from, until)
              .map((row) => ({ seq: Number(row['seq']), position: Number(row['position']) }))
          : []
      const unfolded = resident.unfolded
        .slice(Math.max(0, first - inMemory), Math.max(0, last - inMemory + 1))
        .map((entry, index) => ({ ...entry, seq: Math.max(first, inMemory) + index }))
        .filter((entry) => isWithin(entry, from, until))
      return [...folded, ...unfolded]
    },
  }
}

function isWithin(entry: UnfoldedEntry, from: number, until: number): boolean {
  return entry.at >= from && entry.at < until
}
