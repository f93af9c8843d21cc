import type { Delivery, KeptDelivery } from './delivery.ts'
import type { ClaimedDelivery, LeaseRecord, OperationRecord, OutboxCounts } from './outboxStore.ts'

/** One row, by its columns' names: numbers as they are, or as text. */
export type Row = Readonly<Record<string, unknown>>

// The columns were written by this package alone, from the types that they are read back as.

export function deliveryOf(row: Row): Delivery {
  return JSON.parse(String(row['body'])) as Delivery
}

export function keptDelivery(row: Row): KeptDelivery {
  return {
    delivery: deliveryOf(row),
    attempts: Number(row['attempts']),
    nextAt: Number(row['next_at']),
    error: textOf(row['error']),
    deadAt: row['dead_at'] === null ? null : Number(row['dead_at']),
  }
}

/** A row that was claimed, with who had claimed it before. */
export function claimedDelivery(row: Row, owner: string): ClaimedDelivery {
  const before = textOf(row['claimed_before'])
  return { ...keptDelivery(row), isTakenOver: before !== null && before !== owner }
}

export function outboxCounts(row: Row): OutboxCounts {
  return {
    pending: Number(row['pending']),
    dead: Number(row['dead']),
    oldestAt: numberOf(row['oldest_at']),
    nextAt: numberOf(row['next_at']),
  }
}

export function operationRecord(row: Row): OperationRecord {
  return {
    id: String(row['id']),
    holdId: String(row['hold_id']),
    customerId: String(row['customer_id']),
    entityId: textOf(row['entity_id']),
    procedure: String(row['procedure']),
    at: Number(row['at']),
    kind: row['kind'] === 'refund' ? 'refund' : 'use',
    items: JSON.parse(String(row['items'])) as OperationRecord['items'],
    answer: textOf(row['answer']),
  }
}

export function leaseRecord(row: Row): LeaseRecord {
  return {
    lockId: String(row['lock_id']),
    customerId: String(row['customer_id']),
    entityId: textOf(row['entity_id']),
    featureId: String(row['feature_id']),
    units: Number(row['units']),
    expiresAt: Number(row['expires_at']),
  }
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
