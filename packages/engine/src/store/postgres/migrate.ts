import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { isRace, sqlStateOf } from './fault.ts'
import { ledger } from './migrations/0001_ledger.ts'
import type { Migration } from './migrations/migration.ts'
import { ask, type Row, unprepared } from './roundTrip.ts'

/** Every step of the schema, in order. */
export const MIGRATIONS: readonly Migration[] = [ledger]

const ATTEMPTS = 50
const UNDEFINED_SCHEMA = '3F000'
const UNDEFINED_TABLE = '42P01'

/**
 * Brings a database's schema up to date. Where it is, no right to change the schema is needed. Any number of processes may start at once: a
 * version is applied by who inserts its row first, and the others wait for that.
 */
export async function migrate(client: pg.ClientBase): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const version = await schemaVersion(client)
      if (version > MIGRATIONS.length) throw new Error(tooNew(version))
      for (const migration of MIGRATIONS.slice(version)) await apply(client, migration)
      return
    } catch (error) {
      if (!isRace(error) || attempt === ATTEMPTS) throw error
      await run(client, 'ROLLBACK')
      await delay(attempt)
    }
  }
}

function tooNew(version: number): string {
  return `the database has schema version ${version}, this Tollgate knows versions up to ${MIGRATIONS.length}: use a newer Tollgate with it`
}

/** The schema's version; 0 in a database that has none, which gets the table that counts versions. */
async function schemaVersion(client: pg.ClientBase): Promise<number> {
  try {
    const [row] = await run(client, 'SELECT coalesce(max(version), 0) FROM tollgate.migrations')
    return Number(row?.[0])
  } catch (error) {
    const state = sqlStateOf(error)
    if (state !== UNDEFINED_SCHEMA && state !== UNDEFINED_TABLE) throw error
    await run(client, 'CREATE SCHEMA IF NOT EXISTS tollgate')
    await run(client, 'CREATE TABLE IF NOT EXISTS tollgate.migrations (version integer PRIMARY KEY, name text NOT NULL)')
    return 0
  }
}

async function apply(client: pg.ClientBase, { version, name, statements }: Migration): Promise<void> {
  await run(client, 'BEGIN')
  const insert = 'INSERT INTO tollgate.migrations (version, name) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING RETURNING version'
  const inserted = await ask(client, unprepared(insert), [version, name])
  if (inserted.length === 1) for (const statement of statements) await run(client, statement)
  await run(client, 'COMMIT')
}

async function run(client: pg.ClientBase, text: string): Promise<readonly Row[]> {
  return ask(client, unprepared(text))
}
