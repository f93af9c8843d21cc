import { type Amount, unitsOf } from '../../core/amount.ts'
import type { Entry } from '../../core/entry.ts'
import type { Payment, Properties } from '../../core/hold.ts'
import { renderDeductions } from './deduction.ts'
import type { View } from './view.ts'

/** A use as the ledger tells it: what was tracked, what a hold took, and what its end changed. */
export interface LedgerEvent {
  readonly id: string
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  /** When it happened, in ms since the epoch. */
  readonly at: number
  readonly units: Amount
  readonly properties: Properties
  readonly payments: readonly Payment[]
}

/**
 * The events of an entry. A hold is one with the units that it took; its end is one with the difference, so that a call's events add up
 * to what it used; an end that changes nothing is none.
 */
export function eventsOf(entry: Entry): readonly LedgerEvent[] {
  const events: Omit<LedgerEvent, 'id' | 'customerId'>[] = []
  // A seat that an entity takes or leaves is no event: nobody tracked it.
  if (entry.changes.some((change) => change.kind === 'entity_created' || change.kind === 'entity_deleted')) return []
  for (const change of entry.changes) {
    switch (change.kind) {
      case 'used':
      case 'refunded': {
        const { use } = change
        const { entityId, featureId, units, payments } = use
        events.push({ entityId, featureId, at: use.timestamp ?? entry.at, units, properties: use.properties ?? {}, payments })
        break
      }
      case 'held': {
        const { entityId, items, properties } = change.hold
        for (const { featureId, units, payments } of items)
          events.push({ entityId, featureId, at: entry.at, units, properties: properties ?? {}, payments })
        break
      }
      case 'settled': {
        const { entityId, items, properties, outcome } = change.settlement
        for (const { featureId, held, units, returned, extra } of items) {
          const difference = (outcome === 'committed' ? units : 0n) - held
          if (difference === 0n) continue
          const payments = [...returned.map((payment) => ({ ...payment, amount: -payment.amount })), ...extra]
          events.push({ entityId, featureId, at: entry.at, units: difference, properties: properties ?? {}, payments })
        }
        break
      }
      default:
        break
    }
  }
  return events.map((event, index) => ({ id: `evt_${entry.customerId}_${entry.seq}_${index}`, customerId: entry.customerId, ...event }))
}

export function renderEvent(view: Pick<View, 'catalog' | 'customer'>, event: LedgerEvent): object {
  return {
    id: event.id,
    timestamp: event.at,
    feature_id: event.featureId,
    customer_id: event.customerId,
    ...(event.entityId === null ? {} : { entity_id: event.entityId }),
    value: unitsOf(event.units),
    properties: event.properties,
    deductions: renderDeductions(view, event.payments),
  }
}
