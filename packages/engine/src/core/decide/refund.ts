import { type Amount, dividedBy, greater, lesser } from '../amount.ts'
import type { Answers, Refund } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import type { Use } from '../entry.ts'
import { type Grant, isLive, refundableOf } from '../grant.ts'
import type { Payment } from '../hold.ts'
import { countInWindows } from '../windows.ts'

/**
 * Gives back what an operation used, to the very grants that paid: no more than still counts as used of them.
 *
 * Units of a cycle that has ended are not granted again.
 */
export function decideRefund(draft: Draft, refund: Refund): Answers['refund'] {
  const uses = refund.uses.map((use) => undo(draft, refund, use))
  return { ok: true, customer: draft.state, uses }
}

function undo(draft: Draft, refund: Refund, use: Use): Use {
  const payments: Payment[] = []
  for (const payment of use.payments) {
    const grant = draft.state.grants.find((each) => isLive(payment, each))
    if (grant === undefined) continue
    const amount = lesser(payment.amount, usedOf(draft, grant, payment))
    if (amount !== 0n) payments.push({ ...payment, amount: -amount })
  }
  const undone: Use = { ...use, units: -use.units, payments, timestamp: null }
  change(draft, { kind: 'refunded', use: undone, ofOperationId: refund.ofOperationId })
  countInWindows(draft, {
    featureId: use.featureId,
    scope: { entityId: use.entityId },
    units: payments.reduce((sum, { amount, cost }) => sum + dividedBy(amount, cost), 0n),
    payments,
    properties: use.properties,
    countedAt: refund.usedAt ?? draft.moment.now,
  })
  return undone
}

function usedOf(draft: Draft, grant: Grant, { rolloverId }: Payment): Amount {
  if (rolloverId === null) return refundableOf(grant, draft.state.holds)
  return greater(0n, grant.rollovers.find((rollover) => rollover.id === rolloverId)?.used ?? 0n)
}
