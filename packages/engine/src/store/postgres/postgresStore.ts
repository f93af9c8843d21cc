import type pg from 'pg'
import type { Store } from '../store.ts'
import { createAvailability } from './availability.ts'
import { batchedReads } from './batchedReads.ts'
import { createBatchLane } from './batchLane.ts'
import { catalogWatch, isSaved, readCatalog, writeCatalog } from './catalog.ts'
import type { BatchMemory } from './commitBatch.ts'
import { openPool, placeOf, withConnection } from './connection.ts'
import { customerCache } from './customerCache.ts'
import { LEDGER, migrateAt } from './migrate.ts'
import { forgetOperations, readOperation } from './operations.ts'
import { pageOfCustomers, pageOfEntries, pageOfOperations, readEntry, readTotals } from './pages.ts'

export interface PostgresOptions {
  /** Real time in ms since the epoch, by which operations expire; `Date.now` by default. */
  readonly clock?: () => number
  /** How long opening a connection may take, in ms; 3,000 by default. */
  readonly connectTimeoutMs?: number
  /** How long a statement may take, waits for locks included, in ms; 10,000 by default. */
  readonly statementTimeoutMs?: number
  /** How long a call is tried again after the connection was lost, in ms; 5,000 by default. */
  readonly patienceMs?: number
  /** How many customers are kept in memory, decoded; 20,000 by default. */
  readonly cachedCustomers?: number
}

const FORGET_EVERY_MS = 60_000

/**
 * Keeps the ledger in PostgreSQL, for any number of processes at once. Brings the schema up to date first.
 *
 * A lost connection, a restart or a failover is bridged where that takes no longer than `patienceMs`; then calls reject with
 * `StoreUnavailableError` until the server answers again.
 *
 * @param url `postgres://user:password@host:port/database`, with the options of `pg`.
 */
export async function postgresStore(url: string, options: PostgresOptions = {}): Promise<Store> {
  const { clock = Date.now, connectTimeoutMs = 3_000, statementTimeoutMs = 10_000, patienceMs = 5_000, cachedCustomers = 20_000 } = options
  const availability = createAvailability(placeOf(url), patienceMs)
  await availability.run(() => migrateAt(url, LEDGER, connectTimeoutMs))

  const timeouts = { connectTimeoutMs, statementTimeoutMs }
  // A read never waits for a batch, and neither waits for a listing.
  const writes = openPool(url, 1, timeouts)
  const reads = openPool(url, 1, timeouts)
  const listings = openPool(url, 3, timeouts)
  const memory: BatchMemory = { customers: customerCache(cachedCustomers), catalog: catalogWatch(), steady: false }
  const ask = <T>(task: (client: pg.ClientBase) => Promise<T>): Promise<T> => availability.run(() => withConnection(listings, task))
  const forgetting = setInterval(() => {
    // What could not be forgotten now is forgotten a minute later.
    withConnection(listings, (client) => forgetOperations(client, clock())).catch(() => undefined)
  }, FORGET_EVERY_MS).unref()
  const lane = createBatchLane(writes, memory, availability)

  return {
    overlap: 2,
    transact: (works) => (works.length === 0 ? undefined : lane.commit(works)),
    customer: batchedReads(reads, memory, availability),
    operation: (operationId) => ask((client) => readOperation(client, operationId)),
    entry: (customerId, seq) => ask((client) => readEntry(client, customerId, seq)),
    entries: (query) => ask((client) => pageOfEntries(client, query)),
    customers: (query) => ask((client) => pageOfCustomers(client, query)),
    operations: (query) => ask((client) => pageOfOperations(client, query)),
    async catalog() {
      const catalog = await ask(readCatalog)
      memory.catalog.seen(catalog)
      return catalog
    },
    async saveCatalog(catalog, expected) {
      let attempts = 0
      const saved = await ask(async (client) => {
        attempts += 1
        // An attempt whose answer was lost may have saved it.
        return (await writeCatalog(client, catalog, expected)) || (attempts > 1 && (await isSaved(client, catalog)))
      })
      if (saved) memory.catalog.seen(catalog)
      return saved
    },
    onCatalog: memory.catalog.listen,
    totals: () => ask(readTotals),
    async close() {
      clearInterval(forgetting)
      await lane.settled()
      await Promise.all([writes.end(), reads.end(), listings.end()])
    },
  }
}
