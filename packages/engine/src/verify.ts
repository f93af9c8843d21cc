import { isDeepStrictEqual } from 'node:util'
import { createAudit } from './core/audit.ts'
import { ConservationError } from './core/conservation.ts'
import type { CustomerState } from './core/customer.ts'
import { dueAtOf } from './core/dueAt.ts'
import { readCustomers, readLedger, UnreadableEntryError } from './readLedger.ts'
import type { Store, Totals } from './store/store.ts'

/** What an audit of a whole store found. */
export interface Verification {
  /** How many customers were re-derived, deleted ones counted in. */
  readonly customers: number
  /** How many of their entries were read. */
  readonly entries: number
  /** What is wrong, at most one fault of each customer, in the order of the customers; empty when everything agrees. */
  readonly faults: readonly LedgerFault[]
}

export interface LedgerFault {
  /** Null when the fault is in no customer's ledger. */
  readonly customerId: string | null
  /** The first entry that is wrong; null when the entries are right and something else disagrees with them. */
  readonly seq: number | null
  /** A sentence. */
  readonly message: string
}

/** After how many entries of one customer progress is told. */
const PROGRESS_EVERY = 1_000

export interface VerifyOptions {
  /** Only this customer. */
  readonly customerId?: string
  /** Hears how far it has come, after each page. */
  readonly onProgress?: (done: Totals, all: Totals) => void
}

/**
 * Derives every customer from its entries anew, and compares.
 *
 * Checked are the numbers of the entries, the conservation of every grant's units after each entry, that the state which the store answers
 * is what the entries lead to, and that no entry is without a customer. Reads page by page; entries that are recorded meanwhile are left
 * for the next time. Rejects when the store cannot be read at all.
 */
export async function verify(store: Store, { customerId, onProgress }: VerifyOptions = {}): Promise<Verification> {
  const all = await store.totals()
  const faults: LedgerFault[] = []
  let customers = 0
  let entries = 0
  for await (const state of customerId === undefined ? readCustomers(store) : oneCustomer(store, customerId)) {
    const found = await verifyCustomer(store, state, (read) => onProgress?.({ customers, entries: entries + read }, all))
    customers += 1
    entries += found.entries
    if (found.fault !== null) faults.push(found.fault)
    onProgress?.({ customers, entries }, all)
  }
  const lost = all.entries - entries
  if (customerId === undefined && faults.length === 0 && lost > 0) {
    faults.push({ customerId: null, seq: null, message: `${lost} of ${all.entries} entries belong to no customer` })
  }
  return { customers, entries, faults }
}

async function* oneCustomer(store: Store, customerId: string): AsyncGenerator<CustomerState> {
  const state = await store.customer(customerId)
  if (state !== null) yield state
}

interface Finding {
  readonly entries: number
  readonly fault: LedgerFault | null
}

async function verifyCustomer(store: Store, stored: CustomerState, onProgress: (entries: number) => void): Promise<Finding> {
  const { id: customerId } = stored
  const audit = createAudit()
  let entries = 0
  const finding = (seq: number | null, message: string): Finding => ({ entries, fault: { customerId, seq, message } })
  try {
    for await (const entry of readLedger(store, customerId, stored.seq)) {
      entries += 1
      audit.add(entry)
      if (entries % PROGRESS_EVERY === 0) onProgress(entries)
    }
  } catch (error) {
    if (error instanceof UnreadableEntryError) return finding(error.seq, error.message)
    if (error instanceof ConservationError) return finding(entries, error.message)
    throw error
  }
  const field = audit.state && differenceOf(audit.state, stored)
  return field === null
    ? { entries, fault: null }
    : finding(null, `customer '${customerId}': the stored value of '${field}' is not what the entries lead to`)
}

/** The first field in which two states differ; null when they are the same. */
function differenceOf(derived: CustomerState, stored: CustomerState): string | null {
  // `dueAt` is a bound that the engine may lower or raise without an entry, as long as it is not too late.
  const fields = Object.keys({ ...derived, ...stored }).filter((field): field is keyof CustomerState => field !== 'dueAt')
  const different = fields.find((field) => !isDeepStrictEqual(derived[field], stored[field]))
  return different ?? (stored.dueAt > dueAtOf(stored) ? 'dueAt' : null)
}
