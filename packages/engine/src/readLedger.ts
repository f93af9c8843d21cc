import type { CustomerState } from './core/customer.ts'
import type { Entry } from './core/entry.ts'
import { type Store, StoreUnavailableError } from './store/store.ts'

/** An entry that is there and cannot be read, or that is not there at all. */
export class UnreadableEntryError extends Error {
  override readonly name = 'UnreadableEntryError'
  readonly seq: number

  constructor(customerId: string, seq: number, fault: string, options?: ErrorOptions) {
    super(`customer '${customerId}', entry ${seq}: ${fault}`, options)
    this.seq = seq
  }
}

const PAGE = 500

/** Every customer, in the order of creation; deleted ones too. */
export async function* readCustomers(store: Store): AsyncGenerator<CustomerState> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.customers({ order: 'oldest', includeDeleted: true, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.items
    cursor = page.nextCursor
  }
}

/** A customer's entries from the first to the one numbered `upTo`, page by page. Throws an `UnreadableEntryError` that names the first that fails. */
export async function* readLedger(store: Store, customerId: string, upTo: number): AsyncGenerator<Entry> {
  let seq = 0
  for (let cursor: string | null | undefined; cursor !== null && seq < upTo; ) {
    const page = await pageOrFault(store, customerId, seq, cursor)
    for (const entry of page.items) {
      if (seq === upTo) return
      if (entry.seq !== seq + 1) throw new UnreadableEntryError(customerId, seq + 1, 'it is missing')
      yield entry
      seq = entry.seq
    }
    cursor = page.nextCursor
  }
  if (seq < upTo) throw new UnreadableEntryError(customerId, seq + 1, 'it is missing')
}

async function pageOrFault(store: Store, customerId: string, seq: number, cursor: string | undefined) {
  try {
    return await store.entries({ customerId, order: 'oldest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error
    throw await firstUnreadable(store, customerId, seq + 1, error)
  }
}

/** Of a page that could not be read, the entry that is to blame. */
async function firstUnreadable(store: Store, customerId: string, first: number, cause: unknown): Promise<unknown> {
  for (let seq = first; seq < first + PAGE; seq++) {
    try {
      await store.entry(customerId, seq)
    } catch (error) {
      return new UnreadableEntryError(customerId, seq, `it cannot be read (${error instanceof Error ? error.message : error})`, {
        cause: error,
      })
    }
  }
  return cause
}
