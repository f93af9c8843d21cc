import { setTimeout as delay } from 'node:timers/promises'

/** Time, as metering sees it. Tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  delay(ms: number, signal?: AbortSignal): Promise<void>
}

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay: (ms, signal) => delay(Math.max(0, ms), undefined, signal ? { signal } : {}).catch(() => {}),
}

/** Waits for a promise to settle, but no longer than so many milliseconds; false when that was not enough. */
export async function endsWithin(clock: Clock, promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const abort = new AbortController()
  const ended = promise.then(
    () => true,
    () => true,
  )
  const timedOut = clock.delay(timeoutMs, abort.signal).then(() => false)
  const isEnded = await Promise.race([ended, timedOut])
  abort.abort()
  return isEnded
}
