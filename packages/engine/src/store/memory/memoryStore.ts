import type { Catalog } from '../../core/catalog.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import type { CustomerQuery, Effect, EntryQuery, Page, Store, Work } from '../store.ts'

/** Keeps everything in memory and loses it with the process: for tests and demos. */
export function memoryStore(): Store {
  const customers = new Map<string, CustomerState>()
  const operations = new Map<string, Operation>()
  const log: Entry[] = []
  const byCustomer = new Map<string, Entry[]>()
  let saved: Catalog | null = null

  const write = ({ state, entry, operation }: Effect, customerId: string): void => {
    if (state) customers.set(customerId, state)
    else customers.delete(customerId)
    if (operation) operations.set(operation.id, operation)
    if (entry === null) return
    log.push(entry)
    const own = byCustomer.get(customerId)
    if (own) own.push(entry)
    else byCustomer.set(customerId, [entry])
  }

  return {
    transact(works: readonly Work[]) {
      for (const work of works) {
        const operation = work.operationId === null ? null : (operations.get(work.operationId) ?? null)
        write(work.run(customers.get(work.customerId) ?? null, operation), work.customerId)
      }
    },
    customer: (customerId) => customers.get(customerId) ?? null,
    operation: (operationId) => operations.get(operationId) ?? null,
    entry: (customerId, seq) => byCustomer.get(customerId)?.find((entry) => entry.seq === seq) ?? null,
    entries: (query) => pageOfEntries(query.customerId === undefined ? log : (byCustomer.get(query.customerId) ?? []), query),
    customers: (query) => pageOfCustomers([...customers.values()], query),
    catalog: () => saved,
    saveCatalog(catalog, expected) {
      if ((saved?.version ?? 0) !== expected) return false
      saved = catalog
      return true
    },
    close: () => undefined,
  }
}

function pageOfEntries(log: readonly Entry[], query: EntryQuery): Page<Entry> {
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
  const wanted = log.filter((entry) => entry.at >= from && entry.at < until)
  return pageOf(query.order === 'newest' ? wanted.reverse() : wanted, query)
}

function pageOfCustomers(all: readonly CustomerState[], query: CustomerQuery): Page<CustomerState> {
  const search = query.search?.toLowerCase()
  const found = all.filter((each) => !search || [each.id, each.name, each.email].some((text) => text?.toLowerCase().includes(search)))
  return pageOf(found.reverse(), query)
}

function pageOf<T>(items: readonly T[], { limit, cursor }: { readonly limit: number; readonly cursor?: string }): Page<T> {
  const start = cursor === undefined ? 0 : Number(cursor)
  const end = start + limit
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null }
}
