import { type Amount, dividedBy, greater, times } from './amount.ts'
import type { CustomerState } from './customer.ts'
import { type Grant, remainingOf } from './grant.ts'
import type { HoldItem, Payment } from './hold.ts'

export interface Unwound {
  readonly kept: readonly Payment[]
  readonly returned: readonly Payment[]
}

/** Splits a hold's payments so that `units` stay kept and the rest goes back: last in, first out. `units` lies between zero and what is held. */
export function unwind(item: HoldItem, units: Amount): Unwound {
  let toReturn = magnitude(item.units) - magnitude(units)
  if (toReturn === 0n) return { kept: item.payments, returned: [] }
  const kept: Payment[] = []
  const returned: Payment[] = []
  for (const payment of [...item.payments].reverse()) {
    const all = magnitude(payment.amount)
    const back = payment.amount === 0n || toReturn <= 0n ? 0n : lesserOf(all, times(toReturn, payment.cost))
    if (back > 0n) returned.push({ ...payment, amount: signed(back, payment.amount) })
    if (back < all) kept.unshift({ ...payment, amount: signed(all - back, payment.amount) })
    toReturn = back === all ? greater(0n, toReturn - dividedBy(back, payment.cost)) : 0n
  }
  return { kept, returned }
}

/**
 * Payments that make a return come out even.
 *
 * While units were held, others may have been given back against them; returning all of the hold would then leave a grant with more
 * than it granted. The excess counts as used again.
 */
export function excessOf(state: CustomerState, returned: readonly Payment[]): readonly Payment[] {
  const excess: Payment[] = []
  for (const payment of returned) {
    const grant = liveGrantOf(state, payment)
    if (grant === null || grant.unlimited || payment.rolloverId !== null) continue
    const already = excess.filter((each) => each.grantId === grant.id).reduce((sum, each) => sum + each.amount, 0n)
    const returnedSoFar = returnedTo(returned, payment)
    const over = remainingOf(grant) + returnedSoFar - already - greater(grant.granted, 0n)
    if (over > 0n && grant.used < 0n) excess.push({ ...payment, amount: over })
  }
  return excess
}

/** The grant a payment came from, while units of that cycle still count; null when it is gone or has been reset. */
export function liveGrantOf(state: CustomerState, payment: Payment): Grant | null {
  const grant = state.grants.find((each) => each.id === payment.grantId)
  return grant !== undefined && grant.cycle === payment.cycle ? grant : null
}

function returnedTo(returned: readonly Payment[], upTo: Payment): Amount {
  let sum = 0n
  for (const payment of returned) {
    if (payment.grantId === upTo.grantId && payment.rolloverId === null) sum += payment.amount
    if (payment === upTo) break
  }
  return sum
}

function magnitude(amount: Amount): Amount {
  return amount < 0n ? -amount : amount
}

function signed(size: Amount, like: Amount): Amount {
  return like < 0n ? -size : size
}

function lesserOf(a: Amount, b: Amount): Amount {
  return a < b ? a : b
}
