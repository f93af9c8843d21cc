import { unitsOf } from '../../core/amount.ts'
import type { Payment } from '../../core/hold.ts'
import { balanceIdOf, renderReset, type WireReset } from './balance.ts'
import type { View } from './view.ts'

/** What one balance paid for a use: negative when units came back to it. */
export interface WireDeduction {
  readonly balance_id: string
  readonly feature_id: string
  readonly plan_id: string | null
  readonly reset: WireReset | null
  readonly value: number
}

/** Payments as the wire lists them: one line a balance, nothing for balances that did not move. */
export function renderDeductions(
  { catalog, customer }: Pick<View, 'catalog' | 'customer'>,
  payments: readonly Payment[],
): readonly WireDeduction[] {
  const lines = new Map<string, { amount: bigint; readonly line: Omit<WireDeduction, 'value'> }>()
  for (const payment of payments) {
    const grant = customer.grants.find((each) => each.id === payment.grantId)
    const id = grant ? balanceIdOf(customer.grants, grant) : payment.grantId
    const known = lines.get(id)
    if (known) {
      known.amount += payment.amount
      continue
    }
    const isConsumable = catalog.features.get(payment.poolId)?.consumable ?? true
    const reset = grant ? renderReset(grant.interval, grant.nextResetAt, isConsumable) : null
    lines.set(id, { amount: payment.amount, line: { balance_id: id, feature_id: payment.poolId, plan_id: payment.planId, reset } })
  }
  return [...lines.values()].filter(({ amount }) => amount !== 0n).map(({ amount, line }) => ({ ...line, value: unitsOf(amount) }))
}
