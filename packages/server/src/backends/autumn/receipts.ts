import type { Receipt } from '@tollgate/features'
import type { OperationRecord, OutboxStore } from '../../outbox/outboxStore.ts'
import type { LedgerReceipt, ReceiptPage, ReceiptQuery } from '../backend.ts'

/** What a finished call cost. Autumn does not tell which grants paid for a lock: the payments are empty. */
export function receiptOf(record: Omit<OperationRecord, 'holdId' | 'answer'>): LedgerReceipt {
  const { id: operationId, customerId, entityId, at, items, procedure, kind } = record
  return { operationId, customerId, entityId, at, items: items.map((item) => ({ ...item, payments: [] })), procedure, kind }
}

/** The receipt as callers of the port know it. */
export function plainReceipt({ operationId, customerId, entityId, at, items }: LedgerReceipt): Receipt {
  return { operationId, customerId, entityId, at, items }
}

/** One page of what went through this outbox, newest first. */
export async function receiptsOf(store: OutboxStore, query: ReceiptQuery): Promise<ReceiptPage> {
  const { caller, limit, featureId, search } = query
  const { customerId, entityId } = caller
  const items: LedgerReceipt[] = []
  let cursor = query.cursor
  for (;;) {
    const page = await store.operations({ customerId, entityId, limit: limit - items.length, cursor })
    for (const record of page.items) {
      const receipt = receiptOf(record)
      if (matches(receipt, featureId, search)) items.push(receipt)
    }
    cursor = page.nextCursor
    if (cursor === null || items.length >= limit) return { items, nextCursor: cursor }
  }
}

function matches({ items, operationId, procedure }: LedgerReceipt, featureId: string | null, search: string | null): boolean {
  if (featureId !== null && !items.some((item) => item.featureId === featureId)) return false
  if (search === null) return true
  const wanted = search.toLowerCase()
  return operationId.toLowerCase().includes(wanted) || (procedure ?? '').toLowerCase().includes(wanted)
}
