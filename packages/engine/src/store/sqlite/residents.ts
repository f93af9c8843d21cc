import { orderOf } from './order.ts'
import { type Resident, unsavedEntries } from './resident.ts'

/**
 * The customers in memory: those that were used last, up to a limit.
 *
 * Two generations make the cache: what is found in the older one moves to the younger, and when that is full it becomes the older and what
 * was not used meanwhile retires, a few with each customer that comes. That costs no bookkeeping on a hit, and never much at once. A customer
 * whose state changed since it was saved leaves in two steps: it stays within reach until it was saved once more.
 */
export interface Residents {
  /** The customer, which is now one of those used last. */
  get(customerId: string): Resident | undefined
  /** The customer, without counting as a use. */
  peek(customerId: string): Resident | undefined
  add(resident: Resident): void
  /** Notes that a customer has got another entry. */
  changed(resident: Resident): void
  /** Forgets a customer: the next use reads it from the file. */
  remove(customerId: string): void
  /** Customers to be saved, in the order of their numbers: those that only wait for that to leave, and those that got many entries since. */
  takeDue(): readonly Resident[]
  /** Every customer in memory that has entries since it was saved, in the order of their numbers. */
  unsaved(): readonly Resident[]
  /** Lets a customer go that was saved, if it was only waiting for that. */
  release(resident: Resident): void
}

/** After how many entries a customer's state is saved anew. */
const SAVE_AFTER = 64
/** How many customers retire with each that comes: more than one, so that the last generation is gone before the next retires. */
const RETIRED_AT_ONCE = 4

/** Builds a cache of about `limit` customers, beside those that leave. */
export function createResidents(limit: number): Residents {
  const generation = Math.max(1, Math.ceil(limit / 2))
  // Each customer is in one of these at a time.
  let young = new Map<string, Resident>()
  let old = new Map<string, Resident>()
  let retiring = new Map<string, Resident>()
  const leaving = new Map<string, Resident>()
  let nextToRetire = retiring.values()
  const due = new Set<Resident>()

  const retire = (most: number): void => {
    for (let count = 0; count < most; count++) {
      const { value: resident } = nextToRetire.next()
      if (resident === undefined) return
      retiring.delete(resident.id)
      if (unsavedEntries(resident) > 0) leaving.set(resident.id, resident)
    }
  }

  const peek = (customerId: string): Resident | undefined =>
    young.get(customerId) ?? old.get(customerId) ?? retiring.get(customerId) ?? leaving.get(customerId)

  const add = (resident: Resident): void => {
    if (young.size >= generation) {
      retire(retiring.size)
      retiring = old
      nextToRetire = retiring.values()
      old = young
      young = new Map()
    }
    young.set(resident.id, resident)
    retire(RETIRED_AT_ONCE)
  }

  return {
    add,
    peek,
    get(customerId) {
      const recent = young.get(customerId)
      if (recent !== undefined) return recent
      const older = peek(customerId)
      if (older === undefined) return undefined
      for (const part of [old, retiring, leaving]) part.delete(customerId)
      add(older)
      return older
    },
    changed(resident) {
      if (unsavedEntries(resident) >= SAVE_AFTER) due.add(resident)
    },
    remove(customerId) {
      for (const part of [young, old, retiring, leaving]) part.delete(customerId)
    },
    takeDue() {
      const taken = new Set(leaving.values())
      for (const resident of due) if (unsavedEntries(resident) >= SAVE_AFTER) taken.add(resident)
      due.clear()
      return inOrder([...taken])
    },
    unsaved() {
      const all = [young, old, retiring, leaving].flatMap((part) => [...part.values()])
      return inOrder(all.filter((resident) => unsavedEntries(resident) > 0))
    },
    release({ id }) {
      leaving.delete(id)
    },
  }
}

function inOrder(residents: readonly Resident[]): readonly Resident[] {
  return Array.from(orderOf(Float64Array.from(residents, ({ number }) => number)), (place) => residents[place]).filter(
    (resident) => resident !== undefined,
  )
}
