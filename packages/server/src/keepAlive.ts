import type { Hold } from './backends/backend.ts'

/** Keeps the holds of calls that run long from expiring under them. */
export interface KeepAlive {
  add(hold: Hold): void
  remove(hold: Hold): void
}

/**
 * One timer for all calls that run. A hold is extended when it has lived for a third of its time, so that two tries may fail.
 *
 * @param extend moves the end of a hold.
 * @param now real time in ms.
 */
export function createKeepAlive(holdTtlMs: number, extend: (hold: Hold) => void, now: () => number): KeepAlive {
  const everyMs = Math.ceil(holdTtlMs / 3)
  /** When each hold was last extended. A map keeps the order in which they were added: the oldest come first. */
  const running = new Map<Hold, number>()
  let timer: ReturnType<typeof setInterval> | null = null

  const tick = (): void => {
    if (running.size === 0 && timer !== null) {
      clearInterval(timer)
      timer = null
    }
    const at = now()
    for (const [hold, extendedAt] of running) {
      // Half a turn of slack: timers fire a little early or late.
      if (at - extendedAt < everyMs / 2) continue
      running.set(hold, at)
      extend(hold)
    }
  }

  return {
    add(hold) {
      running.set(hold, now())
      if (timer !== null) return
      timer = setInterval(tick, everyMs)
      // A process with nothing else to do may end: its holds expire.
      timer.unref()
    },
    remove(hold) {
      running.delete(hold)
    },
  }
}
