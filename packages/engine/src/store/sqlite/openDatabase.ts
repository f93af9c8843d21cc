import { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/migrations.ts'
import { storeFault } from './storeFault.ts'

/** Marks a SQLite file as Tollgate's, "toll" in ASCII; the first migration writes it. */
const APPLICATION_ID = 0x746f_6c6c

/** How long a write waits for a foreign program, e.g. a backup; the event loop waits with it. */
const BUSY_TIMEOUT_MS = 250

/** Opens a database file for writing, brings its schema up to date, and sees to it that a commit is on the disk when it returns. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    assertOurs(database, path)
    const journal = database.prepare('PRAGMA journal_mode = WAL').get()
    if (journal?.['journal_mode'] !== 'wal')
      throw fault(`'${path}' lies on a file system without shared memory. Name a file on a local disk`)
    // After the journal mode, since some builds of SQLite lower it when they switch to WAL.
    database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768; PRAGMA trusted_schema = OFF')
    migrate(database, migrations, path)
    return database
  } catch (error) {
    database?.close()
    throw storeFault(error, path)
  }
}

function assertOurs(database: DatabaseSync, path: string): void {
  const applicationId = database.prepare('PRAGMA application_id').get()?.['application_id']
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (applicationId !== APPLICATION_ID && !isEmpty) throw fault(`'${path}' is the SQLite database of another program. Name another file`)
}

function fault(sentence: string): StoreUnavailableError {
  return new StoreUnavailableError(sentence, 'nothing_happened')
}
