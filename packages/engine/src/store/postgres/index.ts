// A schema of one's own in a PostgreSQL database, with what the ledger does about lost connections and racing starters.

export {
  type Database,
  type DatabaseOptions,
  type DatabaseRow,
  type NamedStatement,
  openDatabase,
  type StatementValues,
} from './database.ts'
export type { Schema } from './migrate.ts'
export type { Migration } from './migrations/migration.ts'

// Text that PostgreSQL does not keep as it is.

export { givenText, storedText } from '../storedText.ts'
