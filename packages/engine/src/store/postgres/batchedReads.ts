import type pg from 'pg'
import type { CustomerState } from '../../core/customer.ts'
import type { Availability } from './availability.ts'
import { textArray } from './binaryArray.ts'
import type { BatchMemory } from './commitBatch.ts'
import { withConnection } from './connection.ts'
import { currentCustomers, versionsOf } from './currentCustomers.ts'
import { keyOf } from './key.ts'
import { roundTrip } from './roundTrip.ts'
import { CATALOG_VERSION, LAST_ENTRIES } from './statements.ts'

interface Waiting {
  readonly resolve: (state: CustomerState | null) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads customers: all that are asked for within one turn of the event loop, or while an earlier read is under way, by one statement. Only who
 * changed since this process last saw it is fetched and decoded.
 */
export function batchedReads(
  pool: pg.Pool,
  memory: BatchMemory,
  availability: Availability,
): (customerId: string) => Promise<CustomerState | null> {
  let asked = new Map<string, Waiting[]>()
  let reading = false

  const readAll = async (): Promise<void> => {
    while (asked.size > 0) {
      const batch = asked
      asked = new Map()
      try {
        const states = await availability.run(() => withConnection(pool, (client) => read(client, [...batch.keys()], memory)))
        for (const [id, waiting] of batch) for (const { resolve } of waiting) resolve(states.get(id) ?? null)
      } catch (error) {
        for (const waiting of batch.values()) for (const { reject } of waiting) reject(error)
      }
    }
    reading = false
  }

  return (customerId) =>
    new Promise((resolve, reject) => {
      const waiting = asked.get(customerId)
      if (waiting) waiting.push({ resolve, reject })
      else asked.set(customerId, [{ resolve, reject }])
      if (reading) return
      reading = true
      setImmediate(readAll)
    })
}

async function read(
  client: pg.ClientBase,
  ids: readonly string[],
  { customers, catalog }: BatchMemory,
): Promise<ReadonlyMap<string, CustomerState>> {
  const [last, version] = await roundTrip(client, [
    { statement: LAST_ENTRIES, values: [textArray(ids.map(keyOf))] },
    { statement: CATALOG_VERSION, values: [] },
  ])
  const current = await currentCustomers(client, ids, versionsOf(last?.rows ?? []), customers)
  await catalog.follow(client, Number(version?.rows[0]?.[0]))
  return new Map([...current].map(([id, { state }]) => [id, state]))
}
