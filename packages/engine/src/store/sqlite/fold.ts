import type { DatabaseSync } from 'node:sqlite'
import { encodeCustomer } from '../../core/codec.ts'
import type { EntryNotes } from './entryNotes.ts'
import type { Memory } from './memory.ts'
import type { OperationNotes } from './operationNotes.ts'
import type { Resident } from './resident.ts'
import type { Residents } from './residents.ts'
import { createPutRows } from './rows.ts'
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

/** A piece of a fold, written whole. */
type Task =
  | { readonly kind: 'entries' | 'operations'; readonly rows: readonly number[] }
  | { readonly kind: 'state'; readonly resident: Resident }

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
  const putEntries = createPutRows(database, 'entry_positions', 4)
  const putOperations = createPutRows(database, 'operation_positions', 2)
  const putState = database.prepare('INSERT OR REPLACE INTO states VALUES (?, ?)')
  const moveMark = database.prepare('UPDATE fold_mark SET entries = ?, operations = ?')
  let running: Running | null = null

  const write = (task: Task): void => {
    switch (task.kind) {
      case 'entries':
        putEntries(task.rows)
        return
      case 'operations':
        putOperations(task.rows)
        return
      case 'state': {
        const { resident } = task
        // A batch that failed has made its customers anyone's guess: they were forgotten, and are read from the file again.
        if (residents.peek(resident.id) === resident) putState.run(resident.number, encodeCustomer(resident.state))
      }
    }
  }

  /** A state that was saved needs no place in memory any more. */
  const settle = (resident: Resident): void => {
    if (residents.peek(resident.id) !== resident) return
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
      running = { tasks: tasksOf(residents, takenEntries.notes, takenOperations.notes, extent), retry: [], drop, mark }
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
function* tasksOf(residents: Residents, entries: EntryNotes, operations: OperationNotes, extent: Extent): Generator<Task, undefined> {
  for (const rows of rowsOf(entries)) yield { kind: 'entries', rows }
  const toSave = extent === 'everything' ? residents.unsaved() : residents.takeDue()
  for (const resident of toSave) yield { kind: 'state', resident }
  for (const rows of rowsOf(operations)) yield { kind: 'operations', rows }
}

/** The rows of what was noted, a task's worth at a time. */
function* rowsOf(notes: EntryNotes | OperationNotes): Generator<readonly number[], undefined> {
  const order = notes.inOrder()
  for (let first = 0; first < order.length; first += ROWS_PER_TASK) {
    const rows: number[] = []
    for (const place of order.subarray(first, first + ROWS_PER_TASK)) rows.push(...notes.rowAt(place))
    yield rows
  }
}
