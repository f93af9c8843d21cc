import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from '../../core/command.ts'
import { givenText, storedText } from '../storedText.ts'

/** Records of operations, in the order in which they were written; of the records with one id the last one counts. */
export interface OperationTable {
  /** The position of the newest record; 0 before the first. */
  readonly last: number
  /** Appends a record inside the open transaction, and answers its position. */
  append(operation: Operation): number
  /** Goes back to where a transaction began that was rolled back. */
  rewind(last: number): void
  /** Asks the file where its records end. */
  reload(): void
  read(position: number): Operation | null
  /** Records at positions above `position`, oldest first. */
  list(position: number, limit: number): readonly PlacedOperation[]
  /** Ids of the records at positions above `position`, oldest first. */
  idsAfter(position: number): readonly RecordedId[]
}

export interface PlacedOperation {
  readonly position: number
  readonly operation: Operation
}

export interface RecordedId {
  readonly id: string
  readonly position: number
}

export function createOperationTable(database: DatabaseSync): OperationTable {
  const insert = database.prepare('INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const select = database.prepare('SELECT * FROM operations WHERE position = ?')
  const selectList = database.prepare('SELECT * FROM operations WHERE position > ? ORDER BY position LIMIT ?')
  const selectIds = database.prepare('SELECT id, position FROM operations WHERE position > ? ORDER BY position')
  // Records are purged: the mark remembers positions that were given out before.
  const selectLast = database.prepare('SELECT max(ifnull((SELECT max(position) FROM operations), 0), operations) AS last FROM fold_mark')
  const lastInFile = (): number => Number(selectLast.get()?.['last'] ?? 0)
  let last = lastInFile()

  return {
    get last() {
      return last
    },
    append(operation) {
      const { id, customerId, fingerprint, status, holdId, seq, result, at, expiresAt } = operation
      const texts = [storedText(id), storedText(customerId), storedText(fingerprint)] as const
      insert.run(last + 1, ...texts, status, storedOrNull(holdId), seq, storedOrNull(result), at, expiresAt)
      last += 1
      return last
    },
    rewind(before) {
      last = before
    },
    reload() {
      last = lastInFile()
    },
    read(position) {
      const row = select.get(position)
      return row === undefined ? null : operationOf(row)
    },
    list: (position, limit) =>
      selectList.all(position, limit).map((row) => ({ position: Number(row['position']), operation: operationOf(row) })),
    idsAfter: (position) => selectIds.all(position).map((row) => ({ id: givenText(String(row['id'])), position: Number(row['position']) })),
  }
}

function operationOf(row: Record<string, unknown>): Operation {
  return {
    id: givenText(String(row['id'])),
    customerId: givenText(String(row['customer_id'])),
    fingerprint: givenText(String(row['fingerprint'])),
    // Only `append` writes the column.
    status: row['status'] as Operation['status'],
    holdId: givenOrNull(row['hold_id']),
    seq: row['seq'] === null ? null : Number(row['seq']),
    result: givenOrNull(row['result']),
    at: Number(row['at']),
    expiresAt: Number(row['expires_at']),
  }
}

function storedOrNull(text: string | null): string | null {
  return text === null ? null : storedText(text)
}

function givenOrNull(column: unknown): string | null {
  return column === null ? null : givenText(String(column))
}
