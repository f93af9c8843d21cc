import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Checkpointer } from './checkpointer.ts'
import type { Fold } from './fold.ts'
import type { Memory } from './memory.ts'
import type { Purge } from './purge.ts'

/** The work behind the path of a call: folding, forgetting what has expired, checkpoints. */
export interface Upkeep {
  /** When the next batch may be written; undefined: at once. */
  holdUp(): Promise<void> | undefined
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
/** How many slices of a fold a batch waits for, for each time `foldAfter` that folding has fallen behind. */
const SLICES_OWED = 2

export function createUpkeep({ memory, fold, purge, checkpointer, foldAfter }: UpkeepParts): Upkeep {
  const recorded = (): number => memory.entries.last + memory.operations.last
  let foldedUpTo = recorded() - memory.entryIndex.unfolded - memory.operationIndex.unfolded
  /** How much the fold under way has taken. */
  let underFold = 0
  let checkpointedUpTo = recorded()
  let seenAtTick = recorded()
  let failure: unknown = null
  let purging = true
  let turning = false
  let finished = false
  let timer: NodeJS.Timeout | null = null
  /** Batches that wait for the next slice of a fold. */
  let waiting: (() => void)[] = []

  const begin = (): void => {
    if (fold.running) return
    underFold = recorded() - foldedUpTo
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
        if (!fold.running) underFold = 0
      } else purging = purge()
      failure = null
    } catch (error) {
      // Nobody waits for a fold: it is tried again, and told to a caller only when memory would run full.
      failure = error
      wait()
      return
    } finally {
      tellWaiting()
    }
    if (fold.running || purging) takeTurns()
    else if (recorded() - foldedUpTo >= foldAfter) begin()
    else checkpointOnceDue()
  }

  const nextSlice = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))

  const tellWaiting = (): void => {
    const told = waiting
    waiting = []
    for (const resolve of told) resolve()
  }

  /** Lets a fold catch up. Without a brake, entries of a million customers are recorded faster than folded: memory would grow, and what a crash leaves to replay. */
  const catchUp = async (slices: number): Promise<void> => {
    for (let slice = 0; slice < slices && fold.running && failure === null && !finished; slice++) await nextSlice()
    while (checkpointer.pause !== undefined) await checkpointer.pause
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
    holdUp() {
      const behind = fold.running && failure === null ? Math.floor((recorded() - foldedUpTo + underFold) / foldAfter) - 1 : 0
      if (behind <= 0) return checkpointer.pause
      return catchUp(behind * SLICES_OWED)
    },
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
      tellWaiting()
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
