import { type Store, StoreUnavailableError } from '../store/store.ts'

/** What goes wrong with one call of a store. */
export type Fault =
  /** The call fails and nothing of it happened. */
  | 'refused'
  /** It happened, and the answer was lost. */
  | 'answer lost'
  /** The store is gone before the call. */
  | 'killed before'
  /** The store is gone after the call, which happened. */
  | 'killed after'

export interface FaultyStore extends Store {
  /** How many calls were made. */
  readonly calls: number
  /** Whether a fault took the store away: every later call is refused. */
  readonly dead: boolean
}

/** A store of which one call, counted from 1, goes wrong. */
export function faultyStore(store: Store, wrongCall: number, fault: Fault): FaultyStore {
  let calls = 0
  let dead = false

  const through = async <T>(call: () => T | Promise<T>): Promise<T> => {
    calls += 1
    const isWrong = calls === wrongCall
    if (isWrong && fault === 'killed before') dead = true
    if (dead) throw new StoreUnavailableError('the store is gone', 'unknown')
    if (isWrong && fault === 'refused') throw new StoreUnavailableError('the store refused', 'nothing_happened')
    const answer = await call()
    if (isWrong && fault === 'killed after') dead = true
    if (isWrong && fault !== 'refused') throw new StoreUnavailableError('the answer was lost', 'unknown')
    return answer
  }

  return {
    get calls() {
      return calls
    },
    get dead() {
      return dead
    },
    transact: (works) => through(() => store.transact(works)),
    customer: (customerId) => through(() => store.customer(customerId)),
    operation: (operationId) => through(() => store.operation(operationId)),
    entry: (customerId, seq) => through(() => store.entry(customerId, seq)),
    entries: (query) => through(() => store.entries(query)),
    customers: (query) => through(() => store.customers(query)),
    operations: (query) => through(() => store.operations(query)),
    catalog: () => through(() => store.catalog()),
    saveCatalog: (catalog, expected) => through(() => store.saveCatalog(catalog, expected)),
    totals: () => through(() => store.totals()),
    close: () => store.close(),
  }
}
