import type { Engine, Entry } from '@tollgate/engine'
import { beginningOf } from '../../operation.ts'

/** How many entries are read at a time. */
const PAGE = 200

/**
 * The entry that committed a call which is known only by its hold; null when there is none.
 *
 * Reads the customer's entries from the time in the hold's id on: a call is committed soon after it began.
 */
export async function entryOfHold(engine: Engine, customerId: string, holdId: string): Promise<Entry | null> {
  const customer = await engine.customer(customerId)
  const beganAt = beginningOf(holdId)
  if (customer === null || beganAt === null) return null
  // Entries are timed on the customer's clock: one that was moved back may have left them anywhere.
  const isAhead = beganAt > engine.now() + Math.min(0, customer.clockOffsetMs)
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Engine['entries']>> = await engine.entries({
      customerId,
      order: 'oldest',
      limit: PAGE,
      ...(!isAhead && { from: beganAt }),
      ...(cursor !== null && { cursor }),
    })
    const found = page.items.find((entry) =>
      entry.changes.some(
        (change) => change.kind === 'settled' && change.settlement.holdId === holdId && change.settlement.outcome === 'committed',
      ),
    )
    if (found) return found
    cursor = page.nextCursor
  } while (cursor !== null)
  return null
}
