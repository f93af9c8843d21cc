import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describeStore } from '../store.contract.ts'
import type { Store } from '../store.ts'
import { sqliteStore } from './sqliteStore.ts'

const inFolder = (open: (path: string) => Store) => () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  return { open: () => open(join(folder, 'usage.db')), dispose: () => rmSync(folder, { recursive: true }) }
}

describeStore(
  'SQLite',
  inFolder((path) => sqliteStore(path)),
)

describeStore(
  'SQLite, which folds all the time and has room for two customers,',
  inFolder((path) => folding(sqliteStore(path, { foldAfter: 1, cachedCustomers: 2, sliceMs: 0 }))),
)

/** Lets the work behind the path take its turns after each batch. */
function folding(store: Store): Store {
  return {
    ...store,
    async transact(works) {
      await store.transact(works)
      for (let turns = 0; turns < 3; turns++) await nextTurn()
    },
  }
}
