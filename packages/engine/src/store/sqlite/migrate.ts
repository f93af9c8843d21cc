import type { DatabaseSync } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'

/** Takes a database from whatever schema it has to the newest, one migration after the other; each is applied whole or not at all. */
export function migrate(database: DatabaseSync, migrations: readonly string[], path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length) {
    throw new StoreUnavailableError(
      `'${path}' was written by a newer Tollgate (schema ${version}, and this one knows ${migrations.length}). Update Tollgate to open it`,
      'nothing_happened',
    )
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
