import { z } from 'zod'
import type { CustomerState } from '../core/customer.ts'
import type { Entry } from '../core/entry.ts'
import { customerNotFound } from './apiError.ts'
import type { Call } from './call.ts'
import { collectPage, parsePlace, renderPlace } from './cursor.ts'
import { cursor, instant, reference } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { eventsOf, type LedgerEvent, renderEvent } from './wire/event.ts'

const listInput = z.object({
  start_cursor: cursor,
  limit: z.number().int().min(1).max(5_000).default(50),
  customer_id: reference.optional(),
  entity_id: reference.optional(),
  feature_id: z.union([reference, z.array(reference).max(100)]).optional(),
  custom_range: z.object({ start: instant.optional(), end: instant.optional() }).optional(),
})

/** Which events are asked for. */
export interface EventFilter {
  readonly customerId: string | undefined
  readonly entityId: string | undefined
  readonly featureIds: readonly string[] | undefined
  readonly from: number
  /** Events at or after this instant are left out. */
  readonly until: number
}

/** `events.list`: uses as the ledger tells them, the newest first. */
export async function listEvents(call: Call): Promise<Reply> {
  const { start_cursor, limit, customer_id, entity_id, feature_id, custom_range } = parseInput(listInput, call.body)
  await assertCustomer(call, customer_id)
  const filter: EventFilter = {
    customerId: customer_id,
    entityId: entity_id,
    featureIds: typeof feature_id === 'string' ? [feature_id] : feature_id,
    from: custom_range?.start ?? Number.NEGATIVE_INFINITY,
    until: custom_range?.end ?? Number.POSITIVE_INFINITY,
  }
  const { items, next } = await collectPage(parsePlace(start_cursor), limit, entriesOf(call, filter, 'newest'), (entry) =>
    wantedEvents(entry, filter),
  )
  const customers = await customersOf(call, items)
  const { catalog } = call.engine
  const list = items.flatMap((event) => {
    const customer = customers.get(event.customerId)
    return customer ? [renderEvent({ catalog, customer }, event)] : []
  })
  return ok({ list, next_cursor: next && renderPlace(next) })
}

/** Reads the ledger's entries that may hold wanted events, page by page. */
export function entriesOf(call: Call, filter: EventFilter, order: 'oldest' | 'newest') {
  return (page: string | null, limit: number) =>
    call.engine.entries({
      order,
      limit,
      ...(filter.customerId === undefined ? {} : { customerId: filter.customerId }),
      // What happened at an instant was recorded then or later: an event's own time may lie before its entry's, never after.
      ...(Number.isFinite(filter.from) ? { from: filter.from } : {}),
      ...(page === null ? {} : { cursor: page }),
    })
}

/** The wanted events of an entry, the newest first. */
export function wantedEvents(entry: Entry, filter: EventFilter): readonly LedgerEvent[] {
  const { entityId, featureIds, from, until } = filter
  return eventsOf(entry)
    .filter((event) => event.at >= from && event.at < until)
    .filter((event) => featureIds === undefined || featureIds.includes(event.featureId))
    .filter((event) => entityId === undefined || event.entityId === entityId)
    .reverse()
}

/** Throws the 404 for a customer that was named and does not exist. */
export async function assertCustomer(call: Call, id: string | undefined): Promise<void> {
  if (id !== undefined && (await call.engine.customer(id)) === null) throw customerNotFound(id)
}

/** The customers of events; one that was deleted since is left out. */
async function customersOf(call: Call, events: readonly LedgerEvent[]): Promise<ReadonlyMap<string, CustomerState>> {
  const ids = [...new Set(events.map((event) => event.customerId))]
  const found = await Promise.all(ids.map((id) => call.engine.customer(id)))
  return new Map(found.flatMap((customer) => (customer ? [[customer.id, customer] as const] : [])))
}
