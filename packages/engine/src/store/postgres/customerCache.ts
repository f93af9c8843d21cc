import type { CustomerState } from '../../core/customer.ts'
import type { CustomerRow } from './statements.ts'

/** A customer as some batch left it. */
export interface KnownCustomer {
  readonly state: CustomerState
  /** The batch that wrote its last entry. With the number of that entry it tells whether this is still how the customer stands. */
  readonly batch: string
  /** The last entry that the stored state contains; 0 when no state was stored yet. */
  readonly storedSeq: number
}

/** The customers used last, decoded. What it holds may be out of date; whoever uses it compares it with the customer's row. */
export interface CustomerCache {
  /** The customer, if it still stands as its row says. */
  matching(customerId: string, row: CustomerRow): KnownCustomer | null
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
    matching(customerId, row) {
      const known = customers.get(customerId)
      if (known === undefined || known.batch !== row.batch || known.state.seq !== Number(row.seq)) return null
      put(known)
      return known
    },
    put,
  }
}
