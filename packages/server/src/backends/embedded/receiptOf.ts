import { type Amount, type Entry, type Payment, type Settlement, type Use, unitsOf } from '@tollgate/engine'
import type { Receipt, ReceiptItem } from '@tollgate/features'
import type { LedgerReceipt } from '../backend.ts'

/** The property under which a procedure's path stands in the ledger. */
export const PROCEDURE = 'procedure'

/** What one entry cost, as people are told; null when it moved no units. */
export function receiptOf(entry: Entry): LedgerReceipt | null {
  const uses = usesOf(entry)
  const [first] = uses
  if (first === undefined) return null
  const procedure = first.properties?.[PROCEDURE]
  return {
    operationId: entry.operationId ?? first.ofOperationId ?? first.holdId ?? `${entry.customerId}/${entry.seq}`,
    customerId: entry.customerId,
    entityId: first.entityId,
    at: entry.at,
    items: uses.map((use) => itemOf(use.featureId, use.units, use.payments)),
    procedure: typeof procedure === 'string' ? procedure : null,
    kind: first.ofOperationId === null ? 'use' : 'refund',
  }
}

/** The receipt of a hold that was just committed. */
export function settlementReceipt(settlement: Settlement, operationId: string, customerId: string, at: number): Receipt {
  return {
    operationId,
    customerId,
    entityId: settlement.entityId,
    at,
    items: settledUses(settlement).map((use) => itemOf(use.featureId, use.units, use.payments)),
  }
}

/** A use, or the giving back of one. */
export interface LedgerUse extends Use {
  /** Set when this gives an operation's units back. */
  readonly ofOperationId: string | null
  /** Set when it ended a hold. */
  readonly holdId: string | null
}

/** The units that an entry records as used, whichever way they came about. */
export function usesOf(entry: Entry): readonly LedgerUse[] {
  return entry.changes.flatMap((change): readonly LedgerUse[] => {
    if (change.kind === 'used') return [{ ...change.use, ofOperationId: null, holdId: null }]
    if (change.kind === 'refunded') return [{ ...change.use, ofOperationId: change.ofOperationId, holdId: null }]
    if (change.kind === 'settled' && change.settlement.outcome === 'committed')
      return settledUses(change.settlement).map((use) => ({ ...use, ofOperationId: null, holdId: change.settlement.holdId }))
    return []
  })
}

/** What a committed hold used, as if it had been used at once: a refund gives back the same payments. */
function settledUses(settlement: Settlement): readonly Use[] {
  const { entityId, properties } = settlement
  return settlement.items
    .filter((item) => item.units !== 0n || item.extra.length > 0)
    .map(({ featureId, units, kept, extra }) => ({
      featureId,
      entityId,
      units,
      payments: [...kept, ...extra],
      eventName: null,
      properties,
      timestamp: null,
    }))
}

function itemOf(featureId: string, units: Amount, payments: readonly Payment[]): ReceiptItem {
  return {
    featureId,
    units: unitsOf(units),
    payments: payments.map(({ grantId, poolId, planId, amount }) => ({ grantId, poolId, planId, amount: unitsOf(amount) })),
  }
}
