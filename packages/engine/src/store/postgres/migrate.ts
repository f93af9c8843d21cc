import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { asFault, isRace, sqlStateOf } from './fault.ts'
import { ledger } from './migrations/0001_ledger.ts'
import type { Migration } from './migrations/migration.ts'
import { ask, type Row, unprepared } from './roundTrip.ts'

/** A schema of its own in a database. */
export interface Schema {
  /** A plain identifier: it stands in statements as it is. */
  readonly name: string
  /** Every step to it, in order; a step that was released is never changed. */
  readonly migrations: readonly Migration[]
}

/** The schema of the ledger. */
export const LEDGER: Schema = { name: 'tollgate', migrations: [ledger] }

const ATTEMPTS = 50
const UNDEFINED_SCHEMA = '3F000'
const UNDEFINED_TABLE = '42P01'

/**
 * Brings a database's schema up to date. Where it is, no right to change the schema is needed. Any number of processes may start at once: a
 * version is applied by who inserts its row first, and the others wait for that.
 */
export async function migrate(client: pg.ClientBase, { name, migrations }: Schema): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const version = await schemaVersion(client, name)
      if (version > migrations.length) throw new Error(tooNew(version, migrations.length))
      for (const migration of migrations.slice(version)) await apply(client, name, migration)
      return
    } catch (error) {
      if (!isRace(error) || attempt === ATTEMPTS) throw error
      await run(client, 'ROLLBACK')
      await delay(attempt)
    }
  }
}

/** On a connection of its own: a migration may take longer than a call. */
export async function migrateAt(url: string, schema: Schema, connectTimeoutMs: number): Promise<void> {
  const client = new pg.Client({ connectionString: url, fallback_application_name: 'tollgate', connectionTimeoutMillis: connectTimeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect().catch((error: unknown) => {
      throw asFault(error)
    })
    await migrate(client, schema)
  } finally {
    await client.end()
  }
}

function tooNew(version: number, known: number): string {
  return `the database has schema version ${version}, this Tollgate knows versions up to ${known}: use a newer Tollgate with it`
}

/** The schema's version; 0 in a database that has none, which gets the table that counts versions. */
async function schemaVersion(client: pg.ClientBase, schema: string): Promise<number> {
  try {
    const [row] = await run(client, `SELECT coalesce(max(version), 0) FROM ${schema}.migrations`)
    return Number(row?.[0])
  } catch (error) {
    const state = sqlStateOf(error)
    if (state !== UNDEFINED_SCHEMA && state !== UNDEFINED_TABLE) throw error
    await run(client, `CREATE SCHEMA IF NOT EXISTS ${schema}`)
    await run(client, `CREATE TABLE IF NOT EXISTS ${schema}.migrations (version integer PRIMARY KEY, name text NOT NULL)`)
    return 0
  }
}

async function apply(client: pg.ClientBase, schema: string, { version, name, statements }: Migration): Promise<void> {
  await run(client, 'BEGIN')
  const insert = `INSERT INTO ${schema}.migrations (version, name) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING RETURNING version`
  const inserted = await ask(client, unprepared(insert), [version, name])
  if (inserted.length === 1) for (const statement of statements) await run(client, statement)
  await run(client, 'COMMIT')
}

async function run(client: pg.ClientBase, text: string): Promise<readonly Row[]> {
  return ask(client, unprepared(text))
}
