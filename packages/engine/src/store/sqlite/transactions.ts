import type { DatabaseSync } from 'node:sqlite'
import { storeFault } from './storeFault.ts'

/** Runs transactions on the one connection that writes. */
export interface Transactions {
  /** What `write` wrote is on the disk when it returns. */
  durable(write: () => void): void
  /** What `write` wrote is on the disk with the next durable transaction, or when the log is synced: enough for what can be made again. */
  lazy(write: () => void): void
}

/** Errors of SQLite become `StoreUnavailableError`; what `write` itself throws comes through. After either the transaction is rolled back. */
export function createTransactions(database: DatabaseSync, path: string): Transactions {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')

  const run = (write: () => void): void => {
    let committing = false
    try {
      begin.run()
      write()
      committing = true
      commit.run()
    } catch (error) {
      rollBack(database)
      // A commit that failed may still be found whole in the log when the process dies now.
      throw storeFault(error, path, committing ? 'unknown' : 'nothing_happened')
    }
  }

  let waits = true
  const at = (level: 'FULL' | 'NORMAL'): void => {
    if (waits === (level === 'FULL')) return
    database.exec(`PRAGMA synchronous = ${level}`)
    waits = level === 'FULL'
  }

  return {
    durable(write) {
      at('FULL')
      run(write)
    },
    lazy(write) {
      at('NORMAL')
      run(write)
    },
  }
}

function rollBack(database: DatabaseSync): void {
  // SQLite itself rolls back after some errors.
  if (database.isTransaction) database.exec('ROLLBACK')
}
