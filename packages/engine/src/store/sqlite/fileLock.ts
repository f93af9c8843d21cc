import { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'
import { sqliteCodeOf, storeFault } from './storeFault.ts'

/** The right of one process to a database file. */
export interface FileLock {
  release(): void
}

/**
 * Takes a database file for this process, or throws at once.
 *
 * What is locked is an empty SQLite file beside the database, in a transaction that never ends: SQLite's locks are the system's, so
 * they die with the process whatever kills it, and they work wherever SQLite does. The file stays when the lock is released: removing it
 * could take it from under a process that is just opening it.
 */
export function lockFile(path: string): FileLock {
  const lockPath = `${path}.lock`
  const database = opened(lockPath)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (sqliteCodeOf(error) !== 5) throw storeFault(error, lockPath)
    throw new StoreUnavailableError(
      `'${path}' is in use: only one process at a time can keep usage in a SQLite file. To share it between processes, use PostgreSQL: 'postgres://…'`,
      'nothing_happened',
      { cause: error },
    )
  }
  return { release: () => database.close() }
}

function opened(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw storeFault(error, path)
  }
}
