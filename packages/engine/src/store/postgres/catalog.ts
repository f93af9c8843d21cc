import type pg from 'pg'
import type { Catalog } from '../../core/catalog.ts'
import { decodeCatalog, encodeCatalog } from '../../core/codec.ts'
import { ask, unprepared } from './roundTrip.ts'

/** Keeps up with the catalog, whichever process saves it. */
export interface CatalogWatch {
  /** The version seen last; 0 when there was none. */
  readonly version: number
  /** Notes what was read or saved here. */
  seen(catalog: Catalog | null): void
  /** Reads the catalog and tells the listener if the database has another version than the one seen last; answers whether it has. */
  follow(client: pg.ClientBase, version: number): Promise<boolean>
  listen(listener: (catalog: Catalog) => void): void
}

export function catalogWatch(): CatalogWatch {
  let seenVersion = 0
  let tell: (catalog: Catalog) => void = () => undefined
  return {
    get version() {
      return seenVersion
    },
    seen(catalog) {
      seenVersion = catalog?.version ?? 0
    },
    async follow(client, version) {
      if (version === seenVersion) return false
      const catalog = await readCatalog(client)
      if (catalog === null) return false
      seenVersion = catalog.version
      tell(catalog)
      return true
    },
    listen(listener) {
      tell = listener
    },
  }
}

/** The catalog last saved. */
export async function readCatalog(client: pg.ClientBase): Promise<Catalog | null> {
  const [row] = await ask(client, READ)
  return row ? decodeCatalog(String(row[0])) : null
}

/** Saves a catalog in the place of the version expected; false when there is another. */
export async function writeCatalog(client: pg.ClientBase, catalog: Catalog, expected: number): Promise<boolean> {
  const values = [catalog.version, encodeCatalog(catalog)]
  const written = await (expected === 0 ? ask(client, ADD, values) : ask(client, REPLACE, [...values, expected]))
  return written.length === 1
}

/** Whether the catalog last saved is this very one. */
export async function isSaved(client: pg.ClientBase, catalog: Catalog): Promise<boolean> {
  const [row] = await ask(client, READ)
  return row?.[0] === encodeCatalog(catalog)
}

const READ = unprepared('SELECT catalog FROM tollgate.catalog WHERE id = 1')
const ADD = unprepared(
  'INSERT INTO tollgate.catalog (id, version, catalog) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING RETURNING version',
)
const REPLACE = unprepared('UPDATE tollgate.catalog SET version = $1, catalog = $2 WHERE id = 1 AND version = $3 RETURNING version')
