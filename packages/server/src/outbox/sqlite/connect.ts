import { DatabaseSync } from 'node:sqlite'
import { OutageError } from '../../backends/backend.ts'
import { migrations } from './migrations.ts'

/** Marks a SQLite file as an outbox, "tolo" in ASCII; the first migration writes it. */
const APPLICATION_ID = 0x746f_6c6f

/** How long one process waits for another's write. */
const BUSY_TIMEOUT_MS = 5_000

/** Two ways into one file. */
export interface Connections {
  /** A commit is on the disk when it returns. */
  readonly durable: DatabaseSync
  /** A commit survives the process but perhaps not the machine: for what costs nothing to lose. */
  readonly relaxed: DatabaseSync
  close(): void
}

/** Opens an outbox file and brings its schema up to date. Throws a sentence when it cannot. */
export function connect(path: string): Connections {
  const durable = open(path, 'FULL')
  if (path === ':memory:') return { durable, relaxed: durable, close: () => durable.close() }
  const relaxed = open(path, 'NORMAL')
  return {
    durable,
    relaxed,
    close() {
      relaxed.close()
      durable.close()
    },
  }
}

function open(path: string, synchronous: 'FULL' | 'NORMAL'): DatabaseSync {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    assertOurs(database)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA trusted_schema = OFF`)
    migrate(database)
    return database
  } catch (error) {
    database?.close()
    throw new Error(`the outbox cannot be opened at '${path}': ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function assertOurs(database: DatabaseSync): void {
  const applicationId = database.prepare('PRAGMA application_id').get()?.['application_id']
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (applicationId !== APPLICATION_ID && !isEmpty) throw new Error('it is the SQLite database of another program. Name another file')
}

function migrate(database: DatabaseSync): void {
  // The version is read under the write lock: two processes may start at once.
  transaction(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > migrations.length) throw new Error('it was written by a newer Tollgate. Update Tollgate to open it')
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

/** Runs work as one step that happens or does not. A file that cannot be written to is an outage. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    throw new OutageError('the outbox cannot be written to', { cause: error })
  }
  try {
    const answer = work()
    database.exec('COMMIT')
    return answer
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
