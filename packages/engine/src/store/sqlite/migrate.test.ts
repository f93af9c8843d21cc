import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { temporaryFolder } from './folder.fixture.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/migrations.ts'
import { openDatabase } from './openDatabase.ts'
import { sqliteStore } from './sqliteStore.ts'

it('leads to the schema that is written down', async () => {
  const database = openDatabase(join(temporaryFolder(), 'usage.db'))
  await expect(schemaOf(database)).toMatchFileSnapshot('schema.sql')
  database.close()
})

it('leaves a schema alone that is up to date', () => {
  const path = join(temporaryFolder(), 'usage.db')
  openDatabase(path).close()
  const database = openDatabase(path)
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: migrations.length })
  database.close()
})

it('applies a migration whole or not at all', () => {
  const database = new DatabaseSync(':memory:')
  expect(() => migrate(database, ['CREATE TABLE one (a)', 'CREATE TABLE two (b); CREATE TABLE one (c)'], 'usage.db')).toThrow(
    'already exists',
  )
  if (database.isTransaction) database.exec('ROLLBACK')
  expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'one' }])
  migrate(database, ['CREATE TABLE one (a)', 'CREATE TABLE two (b)'], 'usage.db')
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
})

it('refuses a schema of a newer version, and leaves the file as it is', () => {
  const path = join(temporaryFolder(), 'usage.db')
  const database = openDatabase(path)
  database.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  database.close()
  expect(() => sqliteStore(path)).toThrow(
    `'${path}' was written by a newer Tollgate (schema ${migrations.length + 1}, and this one knows ${migrations.length}). Update Tollgate to open it`,
  )
})

function schemaOf(database: DatabaseSync): string {
  const rows = database.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name').all()
  return `${rows.map((row) => `${row['sql']};`).join('\n\n')}\n`
}
