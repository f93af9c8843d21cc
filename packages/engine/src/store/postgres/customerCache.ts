import type { CustomerState } from '../../core/customer.ts'

/** A customer's last entry: its number, and the batch that wrote it. Both the same: nothing has changed. */
export interface Version {
  readonly seq: number
  /** A number of 64 bits, as text. */
  readonly batch: string
}

/** A customer as of some version. */
export interface KnownCustomer extends Version {
  readonly state: CustomerState
  /** The last entry that the stored state contains; 0 when no state was stored yet. */
  readonly storedSeq: number
}

/** The customers used last, decoded. What it holds may be out of date, so it is asked for a version. */
export interface CustomerCache {
  get(customerId: string, version: Version): KnownCustomer | null
  put(customer: KnownCustomer): void
}

/** A cache of at most `limit` customers: who was used longest ago makes room. */
export function customerCache(limit: number): CustomerCache {
  const customers = new Map<string, KnownCustomer>()
  const put = (customer: KnownCustomer): void => {
    // Inserting anew moves it to the end.
    customers.delete(customer.state.id)
    customers.set(customer.state.id, customer)
    if (customers.size <= limit) return
    const [oldest] = customers.keys()
    if (oldest !== undefined) customers.delete(oldest)
  }
  return {
    get(customerId, { seq, batch }) {
      const known = customers.get(customerId)
      if (known?.seq !== seq || known.batch !== batch) return null
      put(known)
      return known
    },
    put,
  }
}
