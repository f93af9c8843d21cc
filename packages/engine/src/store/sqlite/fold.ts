import type { DatabaseSync } from 'node:sqlite'
import { encodeCustomer } from '../../core/codec.ts'
import type { EntryRun } from './entryIndex.ts'
import type { Memory } from './memory.ts'
import type { OperationPlace, TakenOperations } from './operationIndex.ts'
import { type Resident, unsavedEntries } from './resident.ts'
import type { Residents } from './residents.ts'
import type { Transactions } from './transactions.ts'

/**
 * Brings the folded tables up to the ledger, behind the path of a call.
 *
 * What the ledger held when a fold began is written in slices, each a transaction of a few milliseconds, in the order of the keys, so
 * that rows of one page are written together. The mark moves with the last slice: after a crash, what was written before it is written again.
 *
 * A customer's state is saved only when it leaves memory, or when many entries came since it was saved last: whoever reads a customer from
 * the file reads its saved state and the entries after it.
 */
export interface Fold {
  readonly running: boolean
  /** Begins to fold what is recorded so far, unless a fold is running. `everything`: saves each state in memory that is not saved. */
  begin(extent: Extent): void
  /** Writes one slice of the running fold. Throws what the database throws: nothing of the slice was written then, and it can be repeated. */
  slice(): void
}

/** Whether states are saved only where that is due. */
export type Extent = 'what is due' | 'everything'

/** The most rows of one task: between two looks at the clock. */
const ROWS_PER_TASK = 256
/** After how many entries a customer's state is saved anew. */
const SAVE_AFTER = 64

/** A piece of a fold, written whole. */
type Task =
  | { readonly kind: 'entries'; readonly run: EntryRun; readonly from: number }
  | { readonly kind: 'state'; readonly resident: Resident }
  | { readonly kind: 'operations'; readonly places: readonly OperationPlace[] }

interface Running {
  readonly tasks: Iterator<Task, undefined>
  /** Taken from `tasks` by a slice that failed. */
  retry: readonly Task[]
  /** Called once everything is folded. */
  drop(): void
  readonly mark: { readonly entries: number; readonly operations: number }
}

/** Builds the fold of a database. A slice gathers work for `sliceMs`, one task at least; writing it out comes on top. */
export function createFold(database: DatabaseSync, transactions: Transactions, memory: Memory, sliceMs: number): Fold {
  const { residents, entries, operations, entryIndex, operationIndex } = memory
  const putPosition = database.prepare('INSERT OR REPLACE INTO entry_positions VALUES (?, ?, ?, ?)')
  const putState = database.prepare('INSERT OR REPLACE INTO states VALUES (?, ?)')
  const putOperation = database.prepare('INSERT OR REPLACE INTO operation_positions VALUES (?, ?)')
  const moveMark = database.prepare('UPDATE fold_mark SET entries = ?, operations = ?')
  let running: Running | null = null

  const write = (task: Task): void => {
    switch (task.kind) {
      case 'entries': {
        const { number, first, entries: all } = task.run
        for (const [index, { at, position }] of all.slice(task.from, task.from + ROWS_PER_TASK).entries())
          putPosition.run(number, first + task.from + index, at, position)
        return
      }
      case 'state':
        putState.run(task.resident.number, encodeCustomer(task.resident.state))
        return
      case 'operations':
        for (const { hash, position } of task.places) putOperation.run(hash, position)
    }
  }

  /** A state that was saved needs no place in memory any more. */
  const settle = (resident: Resident): void => {
    resident.savedSeq = resident.state.seq
    residents.release(resident)
  }

  return {
    get running() {
      return running !== null
    },
    begin(extent) {
      if (running !== null) return
      const mark = { entries: entries.last, operations: operations.last }
      const [takenEntries, takenOperations] = [entryIndex.take(), operationIndex.take()]
      const drop = (): void => {
        takenEntries.drop()
        takenOperations.drop()
      }
      running = { tasks: tasksOf(residents, takenEntries.runs, takenOperations.buckets, extent), retry: [], drop, mark }
    },
    slice() {
      if (running === null) return
      const { tasks, retry, drop, mark } = running
      const deadline = performance.now() + sliceMs
      const written = [...retry]
      let done = false
      try {
        transactions.lazy(() => {
          for (const task of retry) write(task)
          do {
            const { value: task } = tasks.next()
            if (task === undefined) {
              done = true
              moveMark.run(mark.entries, mark.operations)
            } else {
              written.push(task)
              write(task)
            }
          } while (!done && performance.now() < deadline)
        })
      } catch (error) {
        running.retry = written
        throw error
      }
      running.retry = []
      for (const task of written) if (task.kind === 'state') settle(task.resident)
      if (!done) return
      drop()
      running = null
    },
  }
}

/** Everything to fold, in the order of the keys. */
function* tasksOf(
  residents: Residents,
  runs: readonly EntryRun[],
  buckets: TakenOperations['buckets'],
  extent: Extent,
): Generator<Task, undefined> {
  for (const run of runs) {
    for (let from = 0; from < run.entries.length; from += ROWS_PER_TASK) yield { kind: 'entries', run, from }
  }
  for (const resident of toSave(residents, runs, extent)) yield { kind: 'state', resident }
  for (const bucket of buckets) yield { kind: 'operations', places: [...bucket].sort((a, b) => a.hash - b.hash) }
}

function toSave(residents: Residents, runs: readonly EntryRun[], extent: Extent): readonly Resident[] {
  const inUse = extent === 'everything' ? [...residents.all()] : runs.map((run) => residents.peek(run.customerId))
  const least = extent === 'everything' ? 1 : SAVE_AFTER
  const due = inUse.filter((each) => each !== undefined && unsavedEntries(each) >= least)
  return [...new Set([...due, ...residents.leaving.values()])].filter((each) => each !== undefined).sort((a, b) => a.number - b.number)
}
