import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Catalog, createEngine } from '@tollgate/engine'
import { memoryStore, openStore, type Store } from '@tollgate/engine/store'
import pg from 'pg'
import { naivePostgres } from '../naivePostgres.ts'
import { journalStore } from './journalStore.ts'
import type { Contender, ContenderName, Meter } from './meter.ts'

/** How many connections the naive version shares: more make it slower. */
const NAIVE_CONNECTIONS = 16

/** Builds a contender. `postgresUrl` names a database of its own, which is emptied for each meter. */
export function contenderOf(name: ContenderName, postgresUrl: string | null): Contender {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
  const path = join(folder, 'usage.db')
  const clear = async (): Promise<void> => {
    for (const file of ['', '-wal', '-shm', '.lock']) rmSync(path + file, { force: true })
  }
  const over = (open: () => Store | Promise<Store>): Contender => ({
    name,
    clear,
    open: async (catalog) => engineOn(await open(), catalog),
  })
  switch (name) {
    case 'memory':
      return over(() => memoryStore())
    case 'journal':
      return over(() => journalStore(path))
    case 'sqlite':
      return over(() => openStore(`file:${path}`, Date.now))
    case 'sqlite one by one':
      return over(async () => oneByOne(await openStore(`file:${path}`, Date.now)))
    case 'postgres':
      return {
        name,
        clear: () => emptied(databaseOf(postgresUrl)),
        open: async (catalog) => engineOn(await openStore(databaseOf(postgresUrl), Date.now), catalog),
      }
    case 'postgres naive':
      return { name, clear: () => emptied(databaseOf(postgresUrl)), open: async (catalog) => naiveOn(databaseOf(postgresUrl), catalog) }
  }
}

async function engineOn(store: Store, catalog: Catalog): Promise<Meter> {
  await store.saveCatalog(catalog, 0)
  return createEngine({ store, catalog })
}

/** The same store, with a transaction for each command. */
function oneByOne(store: Store): Store {
  return {
    ...store,
    async transact(works) {
      for (const work of works) await store.transact([work])
    },
  }
}

async function naiveOn(url: string, catalog: Catalog): Promise<Meter> {
  // The store makes the tables that the naive version writes as well.
  const store = await openStore(url, Date.now)
  await store.saveCatalog(catalog, 0)
  await store.close()
  return naivePostgres(url, catalog, NAIVE_CONNECTIONS)
}

async function emptied(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('DROP SCHEMA tollgate CASCADE')
  await client.end()
}

function databaseOf(url: string | null): string {
  if (url === null) throw new Error('there is no PostgreSQL to measure')
  return url
}
