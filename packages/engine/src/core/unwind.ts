import type { Amount } from './amount.ts'
import type { HoldItem, Payment } from './hold.ts'
import { afterPaying, NOTHING_OWED, owedOf, priceOf } from './owed.ts'

export interface Unwound {
  readonly kept: readonly Payment[]
  readonly returned: readonly Payment[]
}

/**
 * Splits a hold's payments so that `units` stay kept and the rest goes back: last in, first out. `units` lies between zero and what is held.
 *
 * What is kept is what the same burn-down would have paid for `units` alone, to the last fraction of a credit.
 */
export function unwind(item: HoldItem, units: Amount): Unwound {
  if (units === item.units) return { kept: item.payments, returned: NO_PAYMENTS }
  if (units === 0n) return { kept: NO_PAYMENTS, returned: item.payments.toReversed() }
  const kept: Payment[] = []
  const returned: Payment[] = []
  let owed = owedOf(magnitude(units))
  for (const payment of item.payments) {
    const paid = magnitude(payment.amount)
    const price = priceOf(owed, payment.cost)
    const keep = paid < price ? paid : price
    if (keep > 0n) kept.push({ ...payment, amount: signed(keep, payment.amount) })
    if (keep < paid) returned.unshift({ ...payment, amount: signed(paid - keep, payment.amount) })
    owed = paid >= price ? NOTHING_OWED : afterPaying(owed, paid, payment.cost)
  }
  return { kept, returned }
}

const NO_PAYMENTS: readonly Payment[] = []

function magnitude(amount: Amount): Amount {
  return amount < 0n ? -amount : amount
}

function signed(size: Amount, like: Amount): Amount {
  return like < 0n ? -size : size
}
