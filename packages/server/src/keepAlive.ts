import type { Hold } from './backends/backend.ts'
import type { Clock } from './clock.ts'

/** Keeps the holds of calls that run long from expiring under them. */
export interface KeepAlive {
  /** With a stream its hold is kept for as long as the stream is read. */
  add(hold: Hold, stream?: ReadStream | null): void
  remove(hold: Hold): void
}

/** A stream that somebody reads, or read once. */
export interface ReadStream {
  /** When it is waited for, or when it was last; in ms since the epoch. */
  readAt(): number
  /** Nobody has read it for longer than a hold lives: its reader is gone without a word. */
  expire(): void
}

/**
 * One watch over all calls that run. A hold is extended when it has lived for a third of its time, so that two tries may fail.
 *
 * @param extend moves the end of a hold.
 */
export function createKeepAlive(holdTtlMs: number, extend: (hold: Hold) => void, clock: Clock): KeepAlive {
  const everyMs = Math.ceil(holdTtlMs / 3)
  const running = new Map<Hold, { extendedAt: number; readonly stream: ReadStream | null }>()
  let isWatching = false

  const watch = async (): Promise<void> => {
    isWatching = true
    while (running.size > 0) {
      await clock.delay(everyMs, { inBackground: true })
      const at = clock.now()
      for (const [hold, kept] of running) {
        if (kept.stream && at - kept.stream.readAt() >= holdTtlMs) {
          running.delete(hold)
          kept.stream.expire()
          continue
        }
        // Half a turn of slack: timers fire a little early or late.
        if (at - kept.extendedAt < everyMs / 2) continue
        kept.extendedAt = at
        extend(hold)
      }
    }
    isWatching = false
  }

  return {
    add(hold, stream = null) {
      running.set(hold, { extendedAt: running.get(hold)?.extendedAt ?? clock.now(), stream })
      if (!isWatching) void watch()
    },
    remove(hold) {
      running.delete(hold)
    },
  }
}
