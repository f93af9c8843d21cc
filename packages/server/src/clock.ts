import { setTimeout as delay } from 'node:timers/promises'

/** Time, as metering sees it. Tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after so many milliseconds, or at once when the signal is aborted. In the background it does not keep the process from ending. */
  delay(ms: number, options?: DelayOptions): Promise<void>
}

export interface DelayOptions {
  readonly signal?: AbortSignal
  readonly inBackground?: boolean
}

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay: (ms, { signal, inBackground = false } = {}) =>
    delay(Math.max(0, ms), undefined, { ref: !inBackground, ...(signal && { signal }) }).catch(() => {}),
}

/** Waits for a promise to settle, but no longer than so many milliseconds; false when that was not enough. */
export async function endsWithin(clock: Clock, promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const abort = new AbortController()
  const ended = promise.then(
    () => true,
    () => true,
  )
  const timedOut = clock.delay(timeoutMs, { signal: abort.signal }).then(() => false)
  const isEnded = await Promise.race([ended, timedOut])
  abort.abort()
  return isEnded
}
