import { encodeCatalog, encodeChanges } from '../core/codec.ts'
import type { Operation } from '../core/command.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Entry } from '../core/entry.ts'
import { readCustomers, readLedger } from '../readLedger.ts'
import type { Store } from '../store/store.ts'
import { LEDGER_HEADER, type LedgerCounts } from './ledgerLine.ts'

export interface ExportOptions {
  /** Only this customer. */
  readonly customerId?: string
  /** Hears what was written so far, after each customer. */
  readonly onProgress?: (written: LedgerCounts) => void
}

const PAGE = 500

/**
 * Writes a store as lines of JSON: the catalog, every customer's entries, deleted customers' too, and what is remembered of operations.
 *
 * A customer's entries are a snapshot: what is recorded after its line was written is left out. Throws when a customer to export does not
 * exist, and an `UnreadableEntryError` when an entry is missing or damaged.
 */
export async function* exportLedger(store: Store, { customerId, onProgress }: ExportOptions = {}): AsyncGenerator<string> {
  let [customers, entries, operations] = [0, 0, 0]
  yield JSON.stringify(LEDGER_HEADER)
  const catalog = await store.catalog()
  if (catalog !== null) yield `{"catalog":${encodeCatalog(catalog)}}`
  for await (const { id, seq } of customerId === undefined ? readCustomers(store) : theCustomer(store, customerId)) {
    yield JSON.stringify({ customer: { id, entries: seq } })
    for await (const entry of readLedger(store, id, seq)) yield entryLineOf(entry)
    customers += 1
    entries += seq
    onProgress?.({ customers, entries, operations })
  }
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: PAGE, ...(customerId === undefined ? {} : { customerId }), ...(cursor === undefined ? {} : { cursor }) }
    const page = await store.operations(query)
    for (const operation of page.items) yield operationLineOf(operation)
    operations += page.items.length
    onProgress?.({ customers, entries, operations })
    cursor = page.nextCursor
  }
  yield JSON.stringify({ end: { customers, entries, operations } })
}

async function* theCustomer(store: Store, customerId: string): AsyncGenerator<CustomerState> {
  const state = await store.customer(customerId)
  if (state === null) throw new Error(`there is no customer '${customerId}' to export`)
  yield state
}

function entryLineOf({ seq, at, operationId, changes }: Entry): string {
  return `{"entry":{"seq":${seq},"at":${at},"operationId":${JSON.stringify(operationId)},"changes":${encodeChanges(changes)}}}`
}

/** With its fields in one order, so that the same ledger makes the same lines whatever the store. */
function operationLineOf({ id, customerId, fingerprint, status, holdId, seq, result, at, expiresAt }: Operation): string {
  return JSON.stringify({ operation: { id, customerId, fingerprint, status, holdId, seq, result, at, expiresAt } })
}
