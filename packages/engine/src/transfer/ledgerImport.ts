import { isDeepStrictEqual } from 'node:util'
import { type Audit, createAudit } from '../core/audit.ts'
import type { Operation } from '../core/command.ts'
import type { Entry } from '../core/entry.ts'
import { readLedger } from '../readLedger.ts'
import type { Store, Work } from '../store/store.ts'
import { importCatalog } from './importCatalog.ts'
import type { LedgerCounts, LedgerLine } from './ledgerLine.ts'

/** An import under way: takes a file's lines in order. */
export interface LedgerImport {
  /** Throws a sentence when the line does not fit in here. */
  take(line: LedgerLine): Promise<void>
  /** Writes what is whole and not yet written. */
  flush(): Promise<void>
  /** Whether the last line was taken. */
  readonly ended: boolean
  readonly imported: LedgerCounts
  readonly present: LedgerCounts
}

/** The customer whose entries are being read. */
interface OpenCustomer {
  readonly id: string
  readonly announced: number
  read: number
  readonly audit: Audit
  readonly works: Work[]
  /** The entries that the store has of it; null when it has none. */
  readonly present: AsyncIterator<Entry> | null
}

/** The most works that are gathered before they are written together. */
const BATCH = 1_000
/** The order of the lines. */
const SECTION: { readonly [Kind in LedgerLine['kind']]: number } = { tollgate: 0, catalog: 1, customer: 2, entry: 2, operation: 3, end: 4 }

export function createLedgerImport(store: Store): LedgerImport {
  const imported = { customers: 0, entries: 0, operations: 0 }
  const present = { customers: 0, entries: 0, operations: 0 }
  /** Works not written yet, and the customers and operations that they write. */
  let works: Work[] = []
  const waiting = new Set<string>()
  let operations = 0
  let section = -1
  let open: OpenCustomer | null = null

  const flush = async (): Promise<void> => {
    const batch = works
    works = []
    waiting.clear()
    if (batch.length > 0) await store.transact(batch)
  }

  const gather = async (more: readonly Work[], writes: string): Promise<void> => {
    for (const work of more) works.push(work)
    waiting.add(writes)
    if (works.length >= BATCH) await flush()
  }

  /** Checks that a line may stand here; answers whether it is the first of its kind. */
  const enter = (line: LedgerLine): boolean => {
    if (open !== null && line.kind !== 'entry')
      throw new Error(`customer '${open.id}' has ${open.announced} entries, and only ${open.read} stand here`)
    const next = SECTION[line.kind]
    if (section === -1 && next !== 0) throw new Error('the file does not begin as a ledger file does')
    if (next < section || (next === section && (next < 2 || next === 4))) throw new Error(`'${line.kind}' does not belong here`)
    const isNew = next !== section
    section = next
    return isNew
  }

  const openCustomer = async (id: string, announced: number): Promise<OpenCustomer> => {
    // The store must know of the file's customers before it is asked.
    if (waiting.has(id)) await flush()
    const known = await store.customer(id)
    if (known !== null && known.seq !== announced)
      throw new Error(
        `customer '${id}' is in the store with ${known.seq} entries, and here with ${announced}: import it into a store without it`,
      )
    const entries = known && readLedger(store, id, announced)
    return { id, announced, read: 0, audit: createAudit(), works: [], present: entries }
  }

  const takeEntry = async (customer: OpenCustomer, entry: Entry): Promise<void> => {
    customer.read += 1
    if (customer.present !== null) {
      const { value } = await customer.present.next()
      if (!isDeepStrictEqual(value, entry))
        throw new Error(`customer '${customer.id}' is in the store, and its entry ${customer.read} is another`)
    } else {
      customer.audit.add(entry)
      customer.works.push(workOf(entry, customer.audit))
    }
    if (customer.read < customer.announced) return
    open = null
    const counts = customer.present === null ? imported : present
    counts.customers += 1
    counts.entries += customer.read
    await gather(customer.works, customer.id)
  }

  const takeOperation = async (operation: Operation): Promise<void> => {
    operations += 1
    if (waiting.has(operation.id)) await flush()
    const known = await store.operation(operation.id)
    if (known === null) {
      // Of a store in use the entry may be newer than the customer's entries in the file: then it did not happen here.
      if (operation.seq !== null && operation.seq > ((await store.customer(operation.customerId))?.seq ?? 0)) return
      imported.operations += 1
      const run: Work['run'] = (state) => ({ state, entry: null, operation })
      await gather([{ customerId: operation.customerId, operationId: operation.id, run }], operation.id)
    } else if (isDeepStrictEqual(known, operation)) present.operations += 1
    else throw new Error(`operation '${operation.id}' is in the store with another record`)
  }

  return {
    imported,
    present,
    flush,
    get ended() {
      return section === SECTION.end
    },
    async take(line) {
      // Operations are compared with customers that were written.
      if (enter(line) && line.kind === 'operation') await flush()
      switch (line.kind) {
        case 'tollgate':
          return
        case 'catalog':
          return importCatalog(store, line.catalog)
        case 'customer':
          open = await openCustomer(line.id, line.entries)
          return
        case 'entry':
          if (open === null) throw new Error('it belongs to no customer')
          return takeEntry(open, { customerId: open.id, ...line.entry })
        case 'operation':
          return takeOperation(line.operation)
        case 'end':
          await flush()
          assertComplete(line.counts, {
            customers: imported.customers + present.customers,
            entries: imported.entries + present.entries,
            operations,
          })
      }
    },
  }
}

/** Records an entry that was audited already, if the store still has none of its number. */
function workOf(entry: Entry, { state }: Audit): Work {
  return { customerId: entry.customerId, operationId: null, run: () => ({ state, entry, operation: null }) }
}

function assertComplete(announced: LedgerCounts, read: LedgerCounts): void {
  for (const kind of ['customers', 'entries', 'operations'] as const) {
    if (read[kind] !== announced[kind]) throw new Error(`the file should hold ${announced[kind]} ${kind}, and held ${read[kind]}`)
  }
}
