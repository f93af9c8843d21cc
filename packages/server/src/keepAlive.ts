import type { Hold } from './backends/backend.ts'
import type { Clock } from './clock.ts'

/** Keeps the holds of calls that run long from expiring under them. */
export interface KeepAlive {
  add(hold: Hold): void
  remove(hold: Hold): void
}

/**
 * One watch over all calls that run. A hold is extended when it has lived for a third of its time, so that two tries may fail.
 *
 * @param extend moves the end of a hold.
 */
export function createKeepAlive(holdTtlMs: number, extend: (hold: Hold) => void, clock: Clock): KeepAlive {
  const everyMs = Math.ceil(holdTtlMs / 3)
  /** When each hold was last extended. */
  const running = new Map<Hold, number>()
  let isWatching = false

  const watch = async (): Promise<void> => {
    isWatching = true
    while (running.size > 0) {
      await clock.delay(everyMs, { inBackground: true })
      const at = clock.now()
      for (const [hold, extendedAt] of running) {
        // Half a turn of slack: timers fire a little early or late.
        if (at - extendedAt < everyMs / 2) continue
        running.set(hold, at)
        extend(hold)
      }
    }
    isWatching = false
  }

  return {
    add(hold) {
      running.set(hold, clock.now())
      if (!isWatching) void watch()
    },
    remove(hold) {
      running.delete(hold)
    },
  }
}
