import { type Resident, unsavedEntries } from './resident.ts'

/**
 * The customers in memory: those that were used last, up to a limit.
 *
 * Two generations make the cache: what is found in the older one moves to the younger, and when that is full it becomes the older and what
 * was not used meanwhile leaves. That costs no bookkeeping on a hit. A customer whose state changed since it was saved leaves in two steps:
 * it stays within reach until it was saved once more.
 */
export interface Residents {
  /** The customer, which is now one of those used last. */
  get(customerId: string): Resident | undefined
  /** The customer, without counting as a use. */
  peek(customerId: string): Resident | undefined
  add(resident: Resident): void
  /** Forgets a customer: the next use reads it from the file. */
  remove(customerId: string): void
  /** Customers that only wait to be saved. */
  readonly leaving: ReadonlyMap<string, Resident>
  /** Lets a customer go that was saved, if it was only waiting for that. */
  release(resident: Resident): void
  /** Every customer in memory. */
  all(): Iterable<Resident>
}

/** Builds a cache of about `limit` customers, beside those that leave. */
export function createResidents(limit: number): Residents {
  const generation = Math.max(1, Math.ceil(limit / 2))
  const leaving = new Map<string, Resident>()
  let young = new Map<string, Resident>()
  let old = new Map<string, Resident>()

  const add = (resident: Resident): void => {
    if (young.size >= generation) {
      for (const each of old.values()) if (unsavedEntries(each) > 0 && !young.has(each.id)) leaving.set(each.id, each)
      old = young
      young = new Map()
    }
    young.set(resident.id, resident)
  }

  return {
    leaving,
    add,
    get(customerId) {
      const recent = young.get(customerId)
      if (recent !== undefined) return recent
      const older = old.get(customerId) ?? leaving.get(customerId)
      if (older === undefined) return undefined
      leaving.delete(customerId)
      add(older)
      return older
    },
    peek: (customerId) => young.get(customerId) ?? old.get(customerId) ?? leaving.get(customerId),
    remove(customerId) {
      for (const part of [young, old, leaving]) part.delete(customerId)
    },
    release({ id }) {
      leaving.delete(id)
    },
    *all() {
      yield* young.values()
      for (const [id, each] of old) if (!young.has(id)) yield each
      yield* leaving.values()
    },
  }
}
