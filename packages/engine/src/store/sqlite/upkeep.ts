import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Checkpointer } from './checkpointer.ts'
import type { Fold } from './fold.ts'
import type { Memory } from './memory.ts'
import type { Purge } from './purge.ts'

/** The work behind the path of a call: folding, forgetting what has expired, checkpoints. */
export interface Upkeep {
  /** Throws when folding has failed for so long that another batch could fill up memory. */
  beforeBatch(): void
  afterBatch(): void
  /** Folds everything that is left. */
  finish(): Promise<void>
}

export interface UpkeepParts {
  readonly memory: Memory
  readonly fold: Fold
  readonly purge: Purge
  readonly checkpointer: Checkpointer
  /** How many entries and operations may be recorded before they are folded: what opening after a crash has to replay. */
  readonly foldAfter: number
}

/** How long no batch comes in before what is unfolded is folded anyway, in ms. */
const IDLE_MS = 1_000
/** How many entries and operations are recorded between two checkpoints. */
const ROWS_PER_CHECKPOINT = 16_384
/** How many times `foldAfter` may wait in memory while folding fails. */
const PATIENCE = 8

export function createUpkeep({ memory, fold, purge, checkpointer, foldAfter }: UpkeepParts): Upkeep {
  const recorded = (): number => memory.entries.last + memory.operations.last
  let foldedUpTo = recorded() - memory.entryIndex.unfolded - memory.operationIndex.unfolded
  let checkpointedUpTo = recorded()
  let seenAtTick = recorded()
  let failure: unknown = null
  let purging = true
  let turning = false
  let finished = false
  let timer: NodeJS.Timeout | null = null

  const begin = (): void => {
    if (fold.running) return
    foldedUpTo = recorded()
    fold.begin('what is due')
    takeTurns()
  }

  const takeTurns = (): void => {
    if (turning || finished) return
    turning = true
    setImmediate(turn)
  }

  const turn = (): void => {
    turning = false
    if (finished) return
    if (checkpointer.pause !== undefined) {
      void checkpointer.pause.then(takeTurns)
      return
    }
    try {
      if (fold.running) {
        fold.slice()
        purging ||= !fold.running
      } else purging = purge()
      failure = null
    } catch (error) {
      // Nobody waits for a fold: it is tried again, and told to a caller only when memory would run full.
      failure = error
      wait()
      return
    }
    if (fold.running || purging) takeTurns()
    else if (recorded() - foldedUpTo >= foldAfter) begin()
    else checkpointOnceDue()
  }

  const checkpointOnceDue = (): void => {
    if (recorded() - checkpointedUpTo < ROWS_PER_CHECKPOINT) return
    checkpointedUpTo = recorded()
    checkpointer.request()
  }

  const wait = (): void => {
    timer ??= setTimeout(tick, IDLE_MS).unref()
  }

  const tick = (): void => {
    timer = null
    const quiet = seenAtTick === recorded()
    seenAtTick = recorded()
    if (fold.running) takeTurns()
    else if (!quiet) wait()
    else if (recorded() > foldedUpTo) begin()
  }

  return {
    beforeBatch() {
      if (failure !== null && recorded() - foldedUpTo > foldAfter * PATIENCE) throw failure
    },
    afterBatch() {
      if (recorded() - foldedUpTo >= foldAfter) begin()
      checkpointOnceDue()
      wait()
    },
    async finish() {
      finished = true
      if (timer !== null) clearTimeout(timer)
      // A fold that is under way does not save all states: one more does.
      for (let rounds = fold.running ? 2 : 1; rounds > 0; rounds--) {
        fold.begin('everything')
        while (fold.running) {
          fold.slice()
          await nextTurn()
        }
      }
    },
  }
}
