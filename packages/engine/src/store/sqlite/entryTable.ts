import type { DatabaseSync } from 'node:sqlite'
import { decodeChanges, encodeChanges } from '../../core/codec.ts'
import type { Entry } from '../../core/entry.ts'
import { givenText, storedText } from '../storedText.ts'

/** The ledger itself: entries of all customers, in the order in which they were recorded. */
export interface EntryTable {
  /** The position of the newest entry; 0 when there is none. */
  readonly last: number
  /** Appends an entry inside the open transaction, and answers its position. */
  append(entry: Entry): number
  /** Goes back to where a transaction began that was rolled back. */
  rewind(last: number): void
  /** Asks the file where its ledger ends. */
  reload(): void
  read(position: number): Entry | null
  /** Which entries stand after a position, oldest first. */
  placesAfter(position: number): readonly EntryPlace[]
  /** Positions of a range whose time lies from `from` until before `until`. */
  positions(range: PositionRange): readonly number[]
}

export interface EntryPlace {
  readonly customerId: string
  readonly seq: number
  readonly at: number
  readonly position: number
}

export interface PositionRange {
  readonly first: number
  readonly last: number
  readonly from: number
  readonly until: number
}

export function createEntryTable(database: DatabaseSync): EntryTable {
  const insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)')
  const selectOne = database.prepare('SELECT * FROM entries WHERE position = ?')
  const selectPlaces = database.prepare('SELECT customer_id, seq, at, position FROM entries WHERE position > ? ORDER BY position')
  const selectPositions = database.prepare(
    'SELECT position FROM entries WHERE position BETWEEN ? AND ? AND at >= ? AND at < ? ORDER BY position',
  )
  const selectLast = database.prepare('SELECT max(position) AS last FROM entries')
  const lastInFile = (): number => Number(selectLast.get()?.['last'] ?? 0)
  let last = lastInFile()

  return {
    get last() {
      return last
    },
    append(entry) {
      const { customerId, seq, at, operationId, changes } = entry
      const position = last + 1
      insert.run(position, storedText(customerId), seq, at, operationId === null ? null : storedText(operationId), encodeChanges(changes))
      last = position
      return position
    },
    rewind(before) {
      last = before
    },
    reload() {
      last = lastInFile()
    },
    read(position) {
      const row = selectOne.get(position)
      return row === undefined ? null : entryOf(row)
    },
    placesAfter: (position) =>
      selectPlaces.all(position).map((row) => ({
        customerId: givenText(String(row['customer_id'])),
        seq: Number(row['seq']),
        at: Number(row['at']),
        position: Number(row['position']),
      })),
    positions: ({ first, last: end, from, until }) => selectPositions.all(first, end, from, until).map((row) => Number(row['position'])),
  }
}

function entryOf(row: Record<string, unknown>): Entry {
  const operationId = row['operation_id']
  return {
    customerId: givenText(String(row['customer_id'])),
    seq: Number(row['seq']),
    at: Number(row['at']),
    operationId: operationId === null ? null : givenText(String(operationId)),
    changes: decodeChanges(String(row['changes'])),
  }
}
