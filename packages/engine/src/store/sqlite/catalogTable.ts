import type { DatabaseSync } from 'node:sqlite'
import type { Catalog } from '../../core/catalog.ts'
import { decodeCatalog, encodeCatalog } from '../../core/codec.ts'
import type { Transactions } from './transactions.ts'

export interface CatalogTable {
  read(): Catalog | null
  /** Replaces the catalog if it has the expected version, 0 for none; durable. */
  replace(catalog: Catalog, expected: number): boolean
}

export function createCatalogTable(database: DatabaseSync, transactions: Transactions): CatalogTable {
  const select = database.prepare('SELECT version, document FROM catalog')
  const clear = database.prepare('DELETE FROM catalog')
  const insert = database.prepare('INSERT INTO catalog VALUES (?, ?)')

  return {
    read() {
      const row = select.get()
      return row === undefined ? null : decodeCatalog(String(row['document']))
    },
    replace(catalog, expected) {
      let replaced = false
      transactions.durable(() => {
        if (Number(select.get()?.['version'] ?? 0) !== expected) return
        clear.run()
        insert.run(catalog.version, encodeCatalog(catalog))
        replaced = true
      })
      return replaced
    },
  }
}
