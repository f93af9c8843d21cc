// Opening a store.

export { memoryStore } from './memory/memoryStore.ts'
export { openStore } from './openStore.ts'

// Writing one of your own.

export { decodeCatalog, decodeChanges, decodeCustomer, encodeCatalog, encodeChanges, encodeCustomer } from '../core/codec.ts'
export type { CustomerQuery, Effect, EntryQuery, Eventual, OperationQuery, Page, Store, Totals, Work } from './store.ts'
export { StoreUnavailableError } from './store.ts'
