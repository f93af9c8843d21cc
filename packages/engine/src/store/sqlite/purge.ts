import type { DatabaseSync } from 'node:sqlite'
import { givenText } from '../storedText.ts'
import type { OperationIndex } from './operationIndex.ts'
import type { Transactions } from './transactions.ts'

/** The most records that one slice looks at. */
const SLICE = 256

/**
 * Forgets some operations that have expired, oldest first, and tells whether there may be more.
 *
 * Records stand in the order in which they were written, which is nearly that in which they expire: one that lives longer keeps those
 * behind it until its own time has come.
 */
export type Purge = () => boolean

export function createPurge(database: DatabaseSync, transactions: Transactions, index: OperationIndex, clock: () => number): Purge {
  // What was not folded yet is still to be replayed: it stays.
  const selectOldest = database.prepare(
    `SELECT position, id, expires_at FROM operations WHERE position <= (SELECT operations FROM fold_mark) ORDER BY position LIMIT ${SLICE}`,
  )
  const deletePlace = database.prepare('DELETE FROM operation_positions WHERE hash = ? AND position = ?')
  const deleteRecords = database.prepare('DELETE FROM operations WHERE position <= ?')

  return () => {
    const oldest = selectOldest.all()
    const now = clock()
    const firstLiving = oldest.findIndex((row) => Number(row['expires_at']) > now)
    const expired = firstLiving === -1 ? oldest : oldest.slice(0, firstLiving)
    const last = expired.at(-1)
    if (last === undefined) return false
    transactions.lazy(() => {
      for (const row of expired) deletePlace.run(index.hashOf(givenText(String(row['id']))), row['position'] ?? null)
      deleteRecords.run(last['position'] ?? null)
    })
    return expired.length === SLICE
  }
}
