import { setTimeout as delay } from 'node:timers/promises'
import { StoreUnavailableError } from '../store.ts'
import { faultOf } from './fault.ts'

/** Runs tasks over connections that may be lost and transactions that may conflict. */
export interface Availability {
  /**
   * Runs a task until it is answered: again after a conflict, and on a new connection after a loss, for as long as patience lasts. Then it
   * rejects with `StoreUnavailableError`, and so does what the server refuses; errors of other origin pass as they are.
   *
   * @param isInDoubt tells whether the task may have taken effect nevertheless.
   */
  run<T>(task: () => Promise<T>, isInDoubt?: () => boolean): Promise<T>
}

const CONFLICTS_ALLOWED = 100
const LONGEST_PAUSE_MS = 200

/**
 * @param place how to name the server in messages.
 * @param patienceMs how long to go on after the first failure. While the server is known to be away a task is tried but once, and many tasks
 * share one attempt: those who wait hear within the time that one connection attempt takes.
 */
export function createAvailability(place: string, patienceMs: number): Availability {
  let outage: { readonly seenAt: number; readonly cause: unknown } | null = null

  const unavailable = (cause: unknown, isInDoubt: boolean): StoreUnavailableError => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const consequence = isInDoubt ? 'whether the last batch took effect is unknown' : 'nothing was changed'
    return new StoreUnavailableError(`${place} does not answer (${reason}): ${consequence}`, isInDoubt ? 'unknown' : 'nothing_happened', {
      cause,
    })
  }

  return {
    async run(task, isInDoubt = () => false) {
      const startedAt = performance.now()
      if (outage !== null && startedAt - outage.seenAt < LONGEST_PAUSE_MS) throw unavailable(outage.cause, false)
      for (let attempt = 1; ; attempt += 1) {
        try {
          const result = await task()
          outage = null
          return result
        } catch (error) {
          const fault = faultOf(error)
          if (fault === 'foreign') throw error
          const mayRepeat =
            fault === 'conflict'
              ? attempt < CONFLICTS_ALLOWED
              : fault === 'lost' && outage === null && performance.now() - startedAt < patienceMs
          if (!mayRepeat) {
            if (fault === 'lost') outage = { seenAt: performance.now(), cause: error }
            throw unavailable(error, isInDoubt())
          }
        }
        await delay(Math.random() * Math.min(attempt * 10, LONGEST_PAUSE_MS))
      }
    },
  }
}
