const FIRST_MS = 250
const LAST_MS = 60_000

/**
 * How long to wait before the next try, in milliseconds: doubled each time up to a minute, and spread so that many do not come at once.
 *
 * @param attempts how many tries have failed, from 1.
 * @param random a number from 0 to 1.
 */
export function backoffMs(attempts: number, random: number): number {
  const fullMs = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20))
  return Math.round(fullMs * (0.5 + random / 2))
}
