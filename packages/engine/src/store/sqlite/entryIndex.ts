import type { DatabaseSync } from 'node:sqlite'
import { createEntryNotes, type EntryNotes, type NotedEntry, type SeqPosition, type SeqSpan } from './entryNotes.ts'

/** Finds a customer's entries: the newest in memory, those that were folded in their table. */
export interface EntryIndex {
  /** Notes where an entry stands. The entries of a customer are noted in order. */
  note(entry: NotedEntry): void
  /** Where the customer's entry with a number stands; null when there is none. */
  positionOf(number: number, seq: number): number | null
  /** Where the customer's entries numbered from `first` to `last` stand, both included, that lie in a span of time. Oldest first. */
  positions(number: number, span: SeqSpan): readonly SeqPosition[]
  /** The number of the customer's last entry; 0 when there is none. */
  lastSeq(number: number): number
  /** How many entries are noted that no fold has taken. */
  readonly unfolded: number
  /** Takes what was noted, to be folded. Until `drop` is called it is found in memory. */
  take(): TakenEntries
}

export interface TakenEntries {
  readonly notes: EntryNotes
  drop(): void
}

export function createEntryIndex(database: DatabaseSync): EntryIndex {
  const selectOne = database.prepare('SELECT position FROM entry_positions WHERE number = ? AND seq = ?')
  const selectLast = database.prepare('SELECT max(seq) AS last FROM entry_positions WHERE number = ?')
  const selectSpan = database.prepare(
    'SELECT seq, position FROM entry_positions WHERE number = ? AND seq BETWEEN ? AND ? AND at >= ? AND at < ? ORDER BY seq',
  )
  let noted = createEntryNotes()
  /** What a fold is at work on: older than what is noted. */
  let taken: EntryNotes | null = null

  return {
    get unfolded() {
      return noted.length
    },
    note(entry) {
      noted.add(entry)
    },
    positionOf(number, seq) {
      const inMemory = noted.positionOf(number, seq) ?? taken?.positionOf(number, seq)
      if (inMemory !== undefined && inMemory !== null) return inMemory
      const row = selectOne.get(number, seq)
      return row === undefined ? null : Number(row['position'])
    },
    positions(number, span) {
      const firstInMemory = taken?.firstSeq(number) ?? noted.firstSeq(number) ?? Number.POSITIVE_INFINITY
      const folded = selectSpan
        .all(number, span.first, Math.min(span.last, firstInMemory - 1), span.from, span.until)
        .map((row) => ({ seq: Number(row['seq']), position: Number(row['position']) }))
      return [...folded, ...(taken?.positions(number, span) ?? []), ...noted.positions(number, span)]
    },
    lastSeq(number) {
      return noted.lastSeq(number) ?? taken?.lastSeq(number) ?? Number(selectLast.get(number)?.['last'] ?? 0)
    },
    take() {
      const notes = noted
      taken = notes
      noted = createEntryNotes()
      return {
        notes,
        drop() {
          taken = null
        },
      }
    },
  }
}
