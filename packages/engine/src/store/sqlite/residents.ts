import type { Resident } from './resident.ts'

/**
 * The customers in memory: those that were used last, up to a limit, and all that have entries which were not folded yet.
 *
 * Two generations make the cache: what is found in the older one moves to the younger, and when that is full it becomes the older and
 * what was not used meanwhile is dropped. That costs no bookkeeping on a hit.
 */
export interface Residents {
  get(customerId: string): Resident | undefined
  add(resident: Resident): void
  remove(resident: Resident): void
  /** Keeps a customer in memory until it is released, because its newest entries are nowhere else. */
  pin(resident: Resident): void
  release(resident: Resident): void
  /** Customers with entries that were not folded. */
  readonly pinned: ReadonlyMap<string, Resident>
}

/** Builds a cache that holds about `limit` customers beside the pinned ones. */
export function createResidents(limit: number): Residents {
  const generation = Math.max(1, Math.ceil(limit / 2))
  const pinned = new Map<string, Resident>()
  let young = new Map<string, Resident>()
  let old = new Map<string, Resident>()

  const add = (resident: Resident): void => {
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(resident.id, resident)
  }

  return {
    pinned,
    add,
    get(customerId) {
      const recent = young.get(customerId)
      if (recent !== undefined) return recent
      const older = old.get(customerId) ?? pinned.get(customerId)
      if (older !== undefined) add(older)
      return older
    },
    remove({ id }) {
      young.delete(id)
      old.delete(id)
      pinned.delete(id)
    },
    pin(resident) {
      pinned.set(resident.id, resident)
    },
    release(resident) {
      pinned.delete(resident.id)
    },
  }
}
