import type { CustomerAccess } from '@tollgate/features'

/** The longest that a timer of the browser can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** A reset that the server does not show yet is asked for again after this long. */
const SHORTEST_MS = 1_000
/** Browsers that wait for the same reset ask within this time after it, each at its own moment. */
const SPREAD_MS = Math.random() * 2_000

/** What a query of TanStack Query knows of its answer. */
interface Answered {
  readonly state: { readonly data: CustomerAccess | undefined; readonly dataUpdatedAt: number }
}

/**
 * Milliseconds until an access is to be read again because a balance resets; false when none does.
 *
 * A reset is measured from the access's own `at`: the customer's clock may be another one than the browser's.
 */
export function untilReset({ state: { data, dataUpdatedAt } }: Answered): number | false {
  if (data === undefined) return false
  const resets = Object.values(data.features).flatMap((feature) => {
    const resetsAt = feature === undefined || feature.type === 'boolean' ? null : feature.resetsAt
    // One that was past when the access was read brings nothing.
    return resetsAt !== null && resetsAt > data.at ? [resetsAt] : []
  })
  if (resets.length === 0) return false
  const delayMs = Math.min(...resets) - data.at - (Date.now() - dataUpdatedAt)
  return Math.min(Math.max(delayMs, SHORTEST_MS) + SPREAD_MS, LONGEST_TIMER_MS)
}
