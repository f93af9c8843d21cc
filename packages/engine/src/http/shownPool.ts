import { type Amount, times } from '../core/amount.ts'
import { type Balance, balanceOf } from '../core/balance.ts'
import { type Catalog, poolsOf } from '../core/catalog.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Payment } from '../core/hold.ts'
import type { Scope } from '../core/payers.ts'

/** A question about a feature's balance: whose, and how many units. */
export interface Question {
  readonly featureId: string
  readonly units: Amount
  readonly scope: Scope
  /** The customer's time. */
  readonly now: number
}

/**
 * The balance that an answer tells about: the feature's own if it suffices alone, else the first pool that does, else the first pool that
 * the customer has, else the feature's own.
 */
export function shownPool(catalog: Catalog, customer: CustomerState, { featureId, units, scope, now }: Question): string {
  const pools = poolsOf(catalog, featureId)
  if (pools.length === 0) return featureId
  const own = balanceOf(customer, featureId, scope, now)
  if (own && affords(own, units)) return featureId
  const owned = pools.flatMap(({ poolId, cost }) => {
    const balance = balanceOf(customer, poolId, scope, now)
    return balance ? [{ poolId, suffices: affords(balance, times(units, cost)) }] : []
  })
  return (owned.find((each) => each.suffices) ?? owned[0])?.poolId ?? featureId
}

/** The balance that was touched: the feature's own first; null when none was. */
export function touchedPool(featureId: string, payments: readonly Payment[]): string | null {
  return payments.some((payment) => payment.poolId === featureId) ? featureId : (payments[0]?.poolId ?? null)
}

function affords({ unlimited, remaining, overageRoom, windowRoom }: Balance, units: Amount): boolean {
  if (unlimited || units < 0n) return true
  if (windowRoom !== null && windowRoom < units) return false
  return overageRoom === null || remaining + overageRoom >= units
}
