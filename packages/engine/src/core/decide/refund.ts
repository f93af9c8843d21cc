import type { Answers, Refund } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import type { Use } from '../entry.ts'
import { liveGrantOf } from '../unwind.ts'
import { countInWindows } from '../windows.ts'

/** Gives back what an operation used, to the very grants that paid. Units of a cycle that has ended are not granted again. */
export function decideRefund(draft: Draft, refund: Refund): Answers['refund'] {
  const uses: Use[] = refund.uses.map((use) => {
    const payments = use.payments
      .filter((payment) => liveGrantOf(draft.state, payment) !== null)
      .map((payment) => ({ ...payment, amount: -payment.amount }))
    const undone: Use = { ...use, units: -use.units, payments, timestamp: null }
    change(draft, { kind: 'refunded', use: undone, ofOperationId: refund.ofOperationId })
    countInWindows(draft, use.featureId, { entityId: use.entityId }, undone.units, payments, use.properties)
    return undone
  })
  return { ok: true, customer: draft.state, uses }
}
