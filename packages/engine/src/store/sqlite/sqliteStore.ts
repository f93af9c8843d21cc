import type { DatabaseSync } from 'node:sqlite'
import type { Store } from '../store.ts'
import { createCatalogTable } from './catalogTable.ts'
import { createCheckpointer } from './checkpointer.ts'
import { pageOfCustomers } from './customerPages.ts'
import { createCustomerTable } from './customerTable.ts'
import { databasePathOf } from './databasePath.ts'
import { createEntryIndex } from './entryIndex.ts'
import { pageOfEntries } from './entryPages.ts'
import { createEntryTable } from './entryTable.ts'
import { lockFile } from './fileLock.ts'
import { createFold } from './fold.ts'
import { createGate } from './gate.ts'
import { createLogSync } from './logSync.ts'
import { findResident, type Memory } from './memory.ts'
import { openDatabase } from './openDatabase.ts'
import { createOperationIndex } from './operationIndex.ts'
import { pageOfOperations } from './operationPages.ts'
import { createOperationTable } from './operationTable.ts'
import { createPurge } from './purge.ts'
import { type LedgerMark, replay } from './replay.ts'
import { createResidents } from './residents.ts'
import { storeFault } from './storeFault.ts'
import { createTransactions } from './transactions.ts'
import { createUpkeep } from './upkeep.ts'
import { createWriter } from './writer.ts'

export interface SqliteStoreOptions {
  /** Real time in ms since the epoch, by which operations expire. */
  readonly clock?: () => number
  /** How many customers stay in memory, beside those with entries that were not folded yet; 50,000 by default. */
  readonly cachedCustomers?: number
  /** How many entries and operations may be recorded before they are folded: what opening after a crash has to replay. 32,768 by default. */
  readonly foldAfter?: number
  /** About how long folding may hold the event loop at a time, in ms; 2 by default. */
  readonly sliceMs?: number
}

/**
 * Opens a store in a SQLite file, for this process alone. Throws a sentence when it cannot.
 *
 * The path of a call only appends to the ledger; what a customer has lives in memory and is folded into tables behind the path, and
 * opening replays what was not folded.
 */
export function sqliteStore(file: string, options: SqliteStoreOptions = {}): Store {
  const { clock = Date.now, cachedCustomers = 50_000, foldAfter = 32_768, sliceMs = 2 } = options
  const path = databasePathOf(file)
  const lock = lockFile(path)
  try {
    return openStore(path, { clock, cachedCustomers, foldAfter, sliceMs }, () => lock.release())
  } catch (error) {
    lock.release()
    throw storeFault(error, path)
  }
}

function openStore(path: string, options: Required<SqliteStoreOptions>, release: () => void): Store {
  const database = openDatabase(path)
  const transactions = createTransactions(database, path)
  const entries = createEntryTable(database)
  const entryIndex = createEntryIndex(database)
  const operations = createOperationTable(database)
  const operationIndex = createOperationIndex(database, operations)
  const memory: Memory = {
    residents: createResidents(options.cachedCustomers),
    customers: createCustomerTable(database),
    entries,
    operations,
    entryIndex,
    operationIndex,
  }
  const catalogTable = createCatalogTable(database, transactions)
  const checkpointer = createCheckpointer(database, path)
  const logSync = createLogSync(database, path)
  replay(memory, readMark(database))
  const upkeep = createUpkeep({
    memory,
    fold: createFold(database, transactions, memory, options.sliceMs),
    purge: createPurge(database, transactions, operationIndex, options.clock),
    checkpointer,
    foldAfter: options.foldAfter,
  })
  const writeBatch = createWriter(memory, transactions)

  /** Errors of SQLite are told in sentences. */
  const answer = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw storeFault(error, path)
    }
  }

  const failClearly = (error: unknown): never => {
    throw storeFault(error, path)
  }

  const gate = createGate(() => upkeep.holdUp())

  const transact: Store['transact'] = (works, whenWritten) => {
    answer(() => logSync.mend())
    upkeep.beforeBatch()
    answer(() => (whenWritten ? writeBatch(works, 'lazy') : writeBatch(works)))
    upkeep.afterBatch()
    if (whenWritten === undefined) return
    whenWritten()
    return works.every((work) => work.relaxed) ? undefined : logSync.synced()
  }

  return {
    transact: (works, whenWritten) => gate(() => transact(works, whenWritten)),
    customer: (customerId) => answer(() => findResident(memory, customerId)?.state ?? null),
    operation: (operationId) => answer(() => operationIndex.find(operationId)),
    entry(customerId, seq) {
      return answer(() => {
        const resident = findResident(memory, customerId)
        const position = resident && entryIndex.positionOf(resident.number, seq)
        return position === null ? null : entries.read(position)
      })
    },
    entries: (query) => pageOfEntries(memory, query).catch(failClearly),
    customers: (query) => pageOfCustomers(memory, query).catch(failClearly),
    operations: (query) => pageOfOperations(memory, query).catch(failClearly),
    catalog: () => answer(() => catalogTable.read()),
    saveCatalog: (catalog, expected) => catalogTable.replace(catalog, expected),
    totals: () => answer(() => ({ customers: memory.customers.count(), entries: entries.last })),
    async close() {
      try {
        await upkeep.finish()
        await checkpointer.close()
        await logSync.close()
      } finally {
        database.close()
        release()
      }
    },
  }
}

function readMark(database: DatabaseSync): LedgerMark {
  const row = database.prepare('SELECT entries, operations FROM fold_mark').get()
  return { entries: Number(row?.['entries']), operations: Number(row?.['operations']) }
}
