import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Eventual, Store, Work } from './store/store.ts'

/** One command on its way into the ledger, and whoever waits for it. */
export interface Pending {
  /** Decided one after the other in one transaction. */
  readonly works: readonly Work[]
  /** Whether it may be answered once it is written, before that is on the disk. Asked after it was decided. */
  isEarly(): boolean
  /** Answers it; a second time does nothing. */
  answer(): void
  /** Tells what it changed, after what those before it changed. */
  tell(): void
  /** Fails it, unless it was answered. */
  fail(error: unknown): void
}

/** Gathers the commands that arrive within one turn of the event loop into one transaction. */
export interface Turns {
  push(pending: Pending): void
  /** Resolves once everything that was pushed is settled. */
  finish(): Promise<void>
}

/** The most commands that share one transaction. */
const BATCH_LIMIT = 1_000
/** Fewer wait for the batch that is under way: a transaction of their own would cost more than it gains. */
const WORTH_A_BATCH = 16

/**
 * Builds the turns over a store.
 *
 * No timer: a turn is handed in when it ends, and what arrives while the store is at work on one waits for the next. So the slower the disk,
 * the more share one wait for it. A store that decides one batch while it writes another is given a crowd in parts.
 */
export function createTurns(store: Store): Turns {
  const { overlap = 1 } = store
  const queue: Pending[] = []
  let scheduled = false
  /** What the store is at work on. */
  const underWay = new Set<Promise<void>>()

  const schedule = (): void => {
    if (scheduled || underWay.size >= overlap || queue.length < (underWay.size === 0 ? 1 : WORTH_A_BATCH)) return
    scheduled = true
    setImmediate(flush)
  }

  const flush = (): void => {
    scheduled = false
    // Calls that are answered together come back together: a crowd that was parted once stays parted.
    const parts = Math.max(1, Math.min(overlap - underWay.size, Math.floor(queue.length / WORTH_A_BATCH)))
    const batch = queue.splice(0, Math.min(BATCH_LIMIT, Math.ceil(queue.length / parts)))
    transact(batch)
    schedule()
  }

  const transact = (batch: readonly Pending[]): void => {
    const whenWritten = (): void => {
      for (const pending of batch) if (pending.isEarly()) pending.answer()
    }
    const fail = (error: unknown): void => {
      for (const pending of batch) pending.fail(error)
    }
    let durable: Eventual<void>
    try {
      durable = store.transact(worksOf(batch), whenWritten)
    } catch (error) {
      fail(error)
      return
    }
    if (!(durable instanceof Promise)) {
      settle(batch)
      return
    }
    const ended: Promise<void> = durable
      .then(() => settle(batch), fail)
      .then(() => {
        underWay.delete(ended)
        schedule()
      })
    underWay.add(ended)
  }

  return {
    push(pending) {
      queue.push(pending)
      schedule()
    },
    async finish() {
      while (underWay.size > 0 || scheduled || queue.length > 0) await (underWay.size > 0 ? Promise.all(underWay) : nextTurn())
    },
  }
}

function worksOf(batch: readonly Pending[]): readonly Work[] {
  const works: Work[] = []
  for (const pending of batch) for (const work of pending.works) works.push(work)
  return works
}

function settle(batch: readonly Pending[]): void {
  for (const pending of batch) {
    pending.tell()
    pending.answer()
  }
}
