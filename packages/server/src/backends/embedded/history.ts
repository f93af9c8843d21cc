import { type Amount, type Engine, unitsOf } from '@tollgate/engine'
import type { HistoryBin, HistoryPoint, HistoryQuery, LedgerReceipt, ReceiptPage, ReceiptQuery } from '../backend.ts'
import { receiptOf, usesOf } from './receiptOf.ts'

/** How many entries are read at a time. */
const PAGE = 500

/** Sums what the ledger records, by bin and feature; bins without use are missing. */
export async function historyOf(engine: Engine, query: HistoryQuery): Promise<readonly HistoryPoint[]> {
  const { caller, featureIds, from, until, bin } = query
  const wanted = new Set(featureIds)
  const bins = new Map<number, Map<string, Amount>>()
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Engine['entries']>> = await engine.entries({
      customerId: caller.customerId,
      from,
      until,
      order: 'oldest',
      limit: PAGE,
      ...(cursor !== null && { cursor }),
    })
    for (const entry of page.items) {
      for (const use of usesOf(entry)) {
        if (!wanted.has(use.featureId) || !isOf(use.entityId, caller.entityId)) continue
        const start = binStart(entry.at, bin)
        const sums = bins.get(start) ?? new Map<string, Amount>()
        sums.set(use.featureId, (sums.get(use.featureId) ?? 0n) + use.units)
        bins.set(start, sums)
      }
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([at, sums]) => ({ at, units: Object.fromEntries([...sums].map(([id, units]) => [id, unitsOf(units)])) }))
}

/** One page of receipts, newest first. */
export async function receiptsOf(engine: Engine, query: ReceiptQuery): Promise<ReceiptPage> {
  const { caller, limit, featureId, search } = query
  const items: LedgerReceipt[] = []
  let cursor = query.cursor
  // Entries that are no receipts, or not wanted, do not count: read on, one entry more at a time, until the page is full.
  for (;;) {
    const page: Awaited<ReturnType<Engine['entries']>> = await engine.entries({
      customerId: caller.customerId,
      order: 'newest',
      limit: limit - items.length,
      ...(cursor !== null && { cursor }),
    })
    for (const entry of page.items) {
      const receipt = receiptOf(entry)
      if (receipt && isOf(receipt.entityId, caller.entityId) && matches(receipt, featureId, search)) items.push(receipt)
    }
    cursor = page.nextCursor
    if (cursor === null || items.length >= limit) return { items, nextCursor: cursor }
  }
}

/** The first instant of the bin that an instant lies in, in UTC. */
export function binStart(at: number, bin: HistoryBin): number {
  const date = new Date(at)
  switch (bin) {
    case 'hour':
      return date.setUTCMinutes(0, 0, 0)
    case 'day':
      return date.setUTCHours(0, 0, 0, 0)
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  }
}

/** An entity sees its own; the customer sees all. */
function isOf(entityId: string | null, asked: string | null): boolean {
  return asked === null || entityId === asked
}

function matches(receipt: LedgerReceipt, featureId: string | null, search: string | null): boolean {
  if (featureId !== null && !receipt.items.some((item) => item.featureId === featureId)) return false
  return search === null || [receipt.operationId, receipt.procedure ?? ''].some((text) => text.toLowerCase().includes(search.toLowerCase()))
}
