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

/** The customers used last, decoded. What it holds may be out of date: whoever relies on it compares versions. */
export interface CustomerCache {
  get(customerId: string): KnownCustomer | undefined
  put(customer: KnownCustomer): void
}

/**
 * A cache of at most `limit` customers. They are kept in two halves: once the newer half is full, the older makes room. Who was used since is in
 * the newer.
 */
export function customerCache(limit: number): CustomerCache {
  let newer = new Map<string, KnownCustomer>()
  let older = newer
  const put = (customer: KnownCustomer): void => {
    newer.set(customer.state.id, customer)
    if (newer.size < limit / 2) return
    older = newer
    newer = new Map()
  }
  return {
    get(customerId) {
      const recent = newer.get(customerId)
      if (recent !== undefined) return recent
      const known = older.get(customerId)
      if (known !== undefined) put(known)
      return known
    },
    put,
  }
}

export function isSameVersion(one: Version | undefined, other: Version | undefined): boolean {
  return one?.seq === other?.seq && one?.batch === other?.batch
}
