import type { DatabaseSync } from 'node:sqlite'
import { encodeCustomer } from '../../core/codec.ts'
import type { Memory } from './memory.ts'
import type { TakenPlaces } from './operationIndex.ts'
import { firstUnfolded, type Resident } from './resident.ts'
import type { Transactions } from './transactions.ts'

/**
 * Brings the folded tables up to the ledger, behind the path of a call.
 *
 * What the ledger held when a fold began is written in slices, each a transaction of a few milliseconds, in the order of the keys, so
 * that rows of one page are written together. The mark moves with the last slice. A customer's row may run ahead of the mark: a replay
 * skips the entries that are in it.
 */
export interface Fold {
  readonly running: boolean
  /** Begins to fold all that is recorded so far, unless a fold is running. */
  begin(): void
  /** Writes one slice of the running fold. Throws what the database throws: nothing of the slice was written then, and it can be repeated. */
  slice(): void
}

/** How long a slice gathers work, in ms. Writing it out comes on top. */
const SLICE_MS = 2
/** The most entries of one customer in a slice. */
const ENTRIES_PER_STEP = 512

interface Running {
  readonly customers: readonly Resident[]
  readonly places: TakenPlaces
  readonly mark: { readonly entries: number; readonly operations: number }
  /** How many steps are done: one for each customer, then one for each bucket of operations. */
  done: number
}

/** What a step did to the tables. */
interface Step {
  /** False when the same step has more to write, in the next slice. */
  readonly complete: boolean
  /** Takes what was written out of memory. Called once the slice is committed. */
  settle(): void
}

export function createFold(database: DatabaseSync, transactions: Transactions, memory: Memory): Fold {
  const { residents, entries, operations, operationIndex } = memory
  const putPosition = database.prepare('INSERT OR REPLACE INTO entry_positions VALUES (?, ?, ?, ?)')
  const putState = database.prepare('INSERT OR REPLACE INTO states VALUES (?, ?)')
  const putOperation = database.prepare('INSERT OR REPLACE INTO operation_positions VALUES (?, ?)')
  const moveMark = database.prepare('UPDATE fold_mark SET entries = ?, operations = ?')
  let running: Running | null = null

  const writeCustomer = (resident: Resident): Step => {
    const { number, state, unfolded } = resident
    const count = Math.min(unfolded.length, ENTRIES_PER_STEP)
    const first = firstUnfolded(resident)
    for (const [index, { at, position }] of unfolded.slice(0, count).entries()) putPosition.run(number, first + index, at, position)
    const complete = count === unfolded.length
    // The state comes with the last of its entries: a replay that skips an entry must find its position here.
    if (complete) putState.run(number, encodeCustomer(state))
    return {
      complete,
      settle() {
        unfolded.splice(0, count)
        if (complete) residents.release(resident)
      },
    }
  }

  const writeBucket = ({ buckets, drop }: TakenPlaces, index: number): Step => {
    const places = [...(buckets[index] ?? [])].sort((a, b) => a.hash - b.hash)
    for (const { hash, position } of places) putOperation.run(hash, position)
    const isLast = index >= buckets.length - 1
    return { complete: true, settle: () => isLast && drop() }
  }

  return {
    get running() {
      return running !== null
    },
    begin() {
      running ??= {
        customers: [...residents.pinned.values()].sort((a, b) => a.number - b.number),
        places: operationIndex.take(),
        mark: { entries: entries.last, operations: operations.last },
        done: 0,
      }
    },
    slice() {
      if (running === null) return
      const { customers, places, mark } = running
      const all = customers.length + places.buckets.length
      const deadline = performance.now() + SLICE_MS
      const steps: Step[] = []
      let { done } = running
      transactions.lazy(() => {
        for (let complete = true; complete && done < all && performance.now() < deadline; ) {
          const customer = customers[done]
          const step = customer === undefined ? writeBucket(places, done - customers.length) : writeCustomer(customer)
          steps.push(step)
          complete = step.complete
          if (complete) done += 1
        }
        if (done === all) moveMark.run(mark.entries, mark.operations)
      })
      for (const step of steps) step.settle()
      running.done = done
      if (done === all) running = null
    },
  }
}
