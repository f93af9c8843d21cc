import type { Catalog } from '../../core/catalog.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { assertFollows } from '../assertFollows.ts'
import type { CustomerQuery, Effect, EntryQuery, Page, Store, Work } from '../store.ts'

/** Keeps everything in memory and loses it with the process: for tests and demos. */
export function memoryStore(clock: () => number = Date.now): Store {
  const customers = new Map<string, CustomerState>()
  const creationOrder: string[] = []
  const operations = new Map<string, Operation>()
  const log: Entry[] = []
  const ledgers = new Map<string, Entry[]>()
  let saved: Catalog | null = null

  const append = (entry: Entry, state: CustomerState): void => {
    customers.set(entry.customerId, state)
    log.push(entry)
    const ledger = ledgers.get(entry.customerId)
    if (ledger) ledger.push(entry)
    else {
      ledgers.set(entry.customerId, [entry])
      creationOrder.push(entry.customerId)
    }
  }

  const remember = (operation: Operation): void => {
    // Rewriting moves it to the end, which keeps the oldest in front.
    operations.delete(operation.id)
    operations.set(operation.id, operation)
    const [oldest] = operations.values()
    if (oldest !== undefined && oldest.expiresAt <= clock()) operations.delete(oldest.id)
  }

  return {
    transact(works) {
      for (const { entry, state, operation } of decided(works, customers, operations)) {
        if (entry !== null && state !== null) append(entry, state)
        if (operation !== null) remember(operation)
      }
    },
    customer: (customerId) => customers.get(customerId) ?? null,
    operation: (operationId) => operations.get(operationId) ?? null,
    entry: (customerId, seq) => ledgers.get(customerId)?.[seq - 1] ?? null,
    entries: (query) => pageOfEntries(query.customerId === undefined ? log : (ledgers.get(query.customerId) ?? []), query),
    customers: (query) => pageOfCustomers(creationOrder, customers, query),
    operations({ customerId, limit, cursor }) {
      const ids = [...operations.keys()]
      return pageOf(ids, { order: 'oldest', limit, ...(cursor === undefined ? {} : { cursor }) }, (id) => {
        const operation = operations.get(id)
        return operation && (customerId === undefined || operation.customerId === customerId) ? operation : null
      })
    },
    catalog: () => saved,
    saveCatalog(catalog, expected) {
      if ((saved?.version ?? 0) !== expected) return false
      saved = catalog
      return true
    },
    totals: () => ({ customers: customers.size, entries: log.length }),
    close: () => undefined,
  }
}

/** The effects of a batch, each decided on top of those before it. Nothing is written yet: a work that throws leaves no trace. */
function decided(
  works: readonly Work[],
  customers: ReadonlyMap<string, CustomerState>,
  operations: ReadonlyMap<string, Operation>,
): readonly Effect[] {
  const states = new Map<string, CustomerState>()
  const written = new Map<string, Operation>()
  return works.map((work) => {
    const { customerId, operationId } = work
    const before = states.get(customerId) ?? customers.get(customerId) ?? null
    const operation = operationId === null ? null : (written.get(operationId) ?? operations.get(operationId) ?? null)
    const effect = work.run(before, operation)
    assertFollows(work, before, effect)
    if (effect.entry !== null && effect.state !== null) states.set(customerId, effect.state)
    if (effect.operation !== null) written.set(effect.operation.id, effect.operation)
    return effect
  })
}

function pageOfEntries(log: readonly Entry[], query: EntryQuery): Page<Entry> {
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
  return pageOf(log, query, (entry) => (entry.at >= from && entry.at < until ? entry : null))
}

function pageOfCustomers(ids: readonly string[], customers: ReadonlyMap<string, CustomerState>, query: CustomerQuery): Page<CustomerState> {
  const search = query.search?.toLowerCase() ?? ''
  return pageOf(ids, { order: 'newest', ...query }, (id) => {
    const state = customers.get(id)
    if (state === undefined || (state.deletedAt !== null && !query.includeDeleted)) return null
    return [state.id, state.name, state.email].some((text) => text?.toLowerCase().includes(search)) ? state : null
  })
}

interface Paging {
  readonly order: 'oldest' | 'newest'
  readonly limit: number
  readonly cursor?: string
}

/** Collects a page along a list that only ever grows at its end. The cursor is the place of the last item taken. */
function pageOf<T, TItem>(list: readonly T[], { order, limit, cursor }: Paging, wanted: (each: T) => TItem | null): Page<TItem> {
  const step = order === 'oldest' ? 1 : -1
  const items: TItem[] = []
  let last = cursor === undefined ? (order === 'oldest' ? -1 : list.length) : Number(cursor)
  for (let index = last + step; index >= 0 && index < list.length; index += step) {
    const each = list[index]
    const found = each === undefined ? null : wanted(each)
    if (found === null) continue
    if (items.length === limit) return { items, nextCursor: String(last) }
    items.push(found)
    last = index
  }
  return { items, nextCursor: null }
}
