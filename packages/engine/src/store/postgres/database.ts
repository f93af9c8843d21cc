import { createAvailability } from './availability.ts'
import { openPool, placeOf, withConnection } from './connection.ts'
import { asFault } from './fault.ts'
import { migrateAt, type Schema } from './migrate.ts'

/** One statement, which PostgreSQL plans once per connection under its name. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
}

/** The values of a statement's parameters; a list stands for an array of PostgreSQL's. */
export type StatementValues = readonly (string | number | boolean | null | readonly string[])[]

/** One row, by its columns' names; a bigint or numeric column as text. */
export type DatabaseRow = Readonly<Record<string, unknown>>

/**
 * A database with a schema of its own, shared by any number of processes. Nothing is opened before the first statement.
 *
 * A statement is a transaction by itself. It runs again after a conflict and after a lost connection, also when it may have taken effect: it
 * has to say the same the second time. Rejects with `StoreUnavailableError` when the server does not answer in time.
 */
export interface Database {
  /** On the disk when it resolves. */
  durable(statement: NamedStatement, values: StatementValues): Promise<readonly DatabaseRow[]>
  /** For what costs little to lose: survives this process, but perhaps not a crash of the server. */
  relaxed(statement: NamedStatement, values: StatementValues): Promise<readonly DatabaseRow[]>
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly schema: Schema
  /** How long opening a connection may take, in ms; 3,000 by default. */
  readonly connectTimeoutMs?: number
  /** How long a statement may take, waits for locks included, in ms; 10,000 by default. */
  readonly statementTimeoutMs?: number
  /** How long a statement is tried again after the connection was lost, in ms; 2,000 by default. */
  readonly patienceMs?: number
}

const DURABLE_CONNECTIONS = 2
const RELAXED_CONNECTIONS = 4

/** @param url `postgres://user:password@host:port/database`, with the options of `pg`. */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const { schema, connectTimeoutMs = 3_000, statementTimeoutMs = 10_000, patienceMs = 2_000 } = options
  const availability = createAvailability(placeOf(url), patienceMs)
  const timeouts = { connectTimeoutMs, statementTimeoutMs }
  const durable = openPool(url, DURABLE_CONNECTIONS, timeouts)
  const relaxed = openPool(url, RELAXED_CONNECTIONS, { ...timeouts, relaxed: true })
  let migrating: Promise<void> | null = null

  const migrated = (): Promise<void> => {
    migrating ??= migrateAt(url, schema, connectTimeoutMs).catch((error: unknown) => {
      migrating = null
      throw error
    })
    return migrating
  }

  const on =
    (pool: typeof durable): Database['durable'] =>
    (statement, values) =>
      availability.run(async () => {
        await migrated()
        return withConnection(pool, async (client) => {
          const { rows } = await client.query<DatabaseRow>({ ...statement, values: [...values] }).catch((error: unknown) => {
            throw asFault(error)
          })
          return rows
        })
      })

  return {
    durable: on(durable),
    relaxed: on(relaxed),
    async close() {
      await Promise.all([durable.end(), relaxed.end()])
    },
  }
}
