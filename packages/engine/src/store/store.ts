import type { Catalog } from '../core/catalog.ts'
import type { Operation } from '../core/command.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Entry } from '../core/entry.ts'

/** A value, or a promise of one: a store that has it in memory answers at once. */
export type Eventual<T> = T | Promise<T>

/** One command, ready to be decided inside a transaction. */
export interface Work {
  readonly customerId: string
  /** The operation whose record the decision needs; null when none was named. */
  readonly operationId: string | null
  /** True: it need not survive a power loss, only a crash of the process. It may be answered before it is on the disk. */
  readonly relaxed?: boolean
  /**
   * Decides. Called synchronously, in the order of the batch, with the customer and the operation as the works before it left them.
   * May be called again, when the transaction is retried or when the store first called it with what it took to be the customer: the last call
   * is the one that counts. What that one throws rejects the whole batch.
   */
  run(state: CustomerState | null, operation: Operation | null): Effect
}

/** What a decision writes. */
export interface Effect {
  /** The customer afterwards; null: there is none. Looked at only beside an entry: without one the customer stays as it was. */
  readonly state: CustomerState | null
  /** The entry to append, numbered one above the customer's last; null when nothing changed. */
  readonly entry: Entry | null
  /** The operation record to write or replace, which may stand without an entry; null for none. */
  readonly operation: Operation | null
}

export interface EntryQuery {
  /** Undefined: of all customers. */
  readonly customerId?: string
  /** Only entries at or after this instant, in the customer's time. */
  readonly from?: number
  /** Only entries before this instant. */
  readonly until?: number
  readonly order: 'oldest' | 'newest'
  /** At most so many entries. */
  readonly limit: number
  /** Continues after an earlier page: the cursor that came with it. */
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export interface CustomerQuery {
  readonly limit: number
  readonly cursor?: string
  /** Only customers whose id, name or email contains this text, in whatever case. */
  readonly search?: string
  /** By creation: `newest` first unless said otherwise. */
  readonly order?: 'oldest' | 'newest'
  /** Deleted customers too: their ledgers stay. False unless said otherwise. */
  readonly includeDeleted?: boolean
}

export interface OperationQuery {
  readonly limit: number
  readonly cursor?: string
  /** Undefined: of all customers, and of none. */
  readonly customerId?: string
}

/** How much a store holds. */
export interface Totals {
  /** Deleted ones counted in. */
  readonly customers: number
  readonly entries: number
}

/**
 * Where customers, entries and operations are kept. Every implementation passes one contract suite.
 *
 * A batch is one transaction: its works are decided one after the other, and all that they write becomes durable together.
 */
export interface Store {
  /** How many batches may usefully be under way at once: while one is written, the next is decided. One unless said otherwise. */
  readonly overlap?: number
  /**
   * Decides a batch and writes what it changed, atomically; resolves once it is durable. Calls may overlap: each batch is decided on top
   * of those before it. A store in memory of one process may throw instead of rejecting.
   * Rejects when it could not be written: then nothing of the batch took effect, unless the error says that this is unknown. An entry that
   * does not follow the customer's last is refused, and so is an effect without the state that its entry leads to.
   *
   * @param whenWritten lets the store wait for the disk beside the event loop: it is called when the batch is decided and written and only a
   * power loss could undo it, before `transact` returns unless the batch was put off. Then relaxed works may be answered, and reads see the
   * batch already.
   */
  transact(works: readonly Work[], whenWritten?: () => void): Eventual<void>
  /** The customer as of its last entry; null when there is none. Never waits for a write. */
  customer(customerId: string): Eventual<CustomerState | null>
  /** What is remembered of an operation id; null when nothing is. A record may be forgotten once it has expired. */
  operation(operationId: string): Eventual<Operation | null>
  /** The customer's entry with this number; null when there is none. */
  entry(customerId: string, seq: number): Eventual<Entry | null>
  /**
   * Entries in the order in which they were recorded; of one customer, that is by number. A cursor stays good while entries are added: nothing is
   * passed over that was there when the first page was read. What another process was recording then may come to stand before the cursor, but
   * never before one of its own customer: who reads on and on, to hear of what is new, does so customer by customer.
   */
  entries(query: EntryQuery): Eventual<Page<Entry>>
  /** Customers, deleted ones left out. A cursor stays good while customers are added, changed and deleted. */
  customers(query: CustomerQuery): Eventual<Page<CustomerState>>
  /** Operations that are remembered, in an order of the store's own; one that is written meanwhile may be left out or come twice. */
  operations(query: OperationQuery): Eventual<Page<Operation>>
  /** The catalog last saved; null in a new store. */
  catalog(): Eventual<Catalog | null>
  /** Replaces the catalog if the saved one still has version `expected` (0: none); false when another process was faster. */
  saveCatalog(catalog: Catalog, expected: number): Eventual<boolean>
  /**
   * Where several processes share a store: hears of a catalog that another one saved, before anything is decided or answered after it. One
   * listener.
   */
  onCatalog?(listener: (catalog: Catalog) => void): void
  /** Counts everything. For progress and audits: may read much. */
  totals(): Eventual<Totals>
  /** Finishes what is under way and gives up files and connections. */
  close(): Eventual<void>
}

/** The store could not answer. Whether a write that was under way took effect is said by `outcome`. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError'
  /** `unknown` when the connection was lost while the transaction was being committed: repeat under the same operation id. */
  readonly outcome: 'nothing_happened' | 'unknown'

  constructor(message: string, outcome: 'nothing_happened' | 'unknown', options?: ErrorOptions) {
    super(message, options)
    this.outcome = outcome
  }
}
