import type { DatabaseSync } from 'node:sqlite'
import { createCustomerTable } from './customerTable.ts'
import { createEntryIndex } from './entryIndex.ts'
import { createEntryTable } from './entryTable.ts'
import type { Memory } from './memory.ts'
import { openDatabase } from './openDatabase.ts'
import { createOperationIndex } from './operationIndex.ts'
import { createOperationTable } from './operationTable.ts'
import { createResidents } from './residents.ts'
import { createTransactions, type Transactions } from './transactions.ts'

/** The parts that a store is made of, to be put together otherwise. */
export function openParts(path: string): { readonly database: DatabaseSync; readonly memory: Memory; readonly transactions: Transactions } {
  const database = openDatabase(path)
  const operations = createOperationTable(database)
  const memory: Memory = {
    residents: createResidents(100),
    customers: createCustomerTable(database),
    entries: createEntryTable(database),
    entryIndex: createEntryIndex(database),
    operations,
    operationIndex: createOperationIndex(database, operations),
  }
  return { database, memory, transactions: createTransactions(database, path) }
}
