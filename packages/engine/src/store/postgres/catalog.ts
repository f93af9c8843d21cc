import type pg from 'pg'
import type { Catalog } from '../../core/catalog.ts'
import { decodeCatalog, encodeCatalog } from '../../core/codec.ts'
import { send } from './connection.ts'
import { ADD_CATALOG, READ_CATALOG, REPLACE_CATALOG } from './statements.ts'

/** Keeps up with the catalog, whichever process saves it. */
export interface CatalogWatch {
  /** Notes what was read or saved here. */
  seen(catalog: Catalog | null): void
  /** Reads the catalog and tells the listener if the database has another version than the one seen last. */
  follow(client: pg.ClientBase, version: number): Promise<void>
  listen(listener: (catalog: Catalog) => void): void
}

export function catalogWatch(): CatalogWatch {
  let seenVersion = 0
  let tell: (catalog: Catalog) => void = () => undefined
  return {
    seen(catalog) {
      seenVersion = catalog?.version ?? 0
    },
    async follow(client, version) {
      if (version === seenVersion) return
      const catalog = await readCatalog(client)
      if (catalog === null) return
      seenVersion = catalog.version
      tell(catalog)
    },
    listen(listener) {
      tell = listener
    },
  }
}

/** The catalog last saved. */
export async function readCatalog(client: pg.ClientBase): Promise<Catalog | null> {
  const { rows } = await send<{ catalog: string }>(client, READ_CATALOG)
  return rows[0] ? decodeCatalog(rows[0].catalog) : null
}

/** Saves a catalog in the place of the version expected; false when there is another. */
export async function writeCatalog(client: pg.ClientBase, catalog: Catalog, expected: number): Promise<boolean> {
  const written = [catalog.version, encodeCatalog(catalog)]
  const { rowCount } =
    expected === 0 ? await send(client, ADD_CATALOG, written) : await send(client, REPLACE_CATALOG, [...written, expected])
  return rowCount === 1
}

/** Whether the catalog last saved is this very one. */
export async function isSaved(client: pg.ClientBase, catalog: Catalog): Promise<boolean> {
  const { rows } = await send<{ catalog: string }>(client, READ_CATALOG)
  return rows[0]?.catalog === encodeCatalog(catalog)
}
