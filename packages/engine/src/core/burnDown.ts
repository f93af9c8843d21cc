import { type Amount, dividedBy, greater, lesser, times } from './amount.ts'
import type { Catalog } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import { type Grant, refundableOf, remainingOf } from './grant.ts'
import { overageRoomOf, spendLimitOf, windowRoomOf } from './headroom.ts'
import type { OverageBehavior, Payment, Properties } from './hold.ts'
import { type Payer, payersOf, type Scope } from './payers.ts'

/** A wish to spend units of one feature. */
export interface Spend {
  readonly featureId: string
  /** Negative to give units back. */
  readonly units: Amount
  readonly scope: Scope
  readonly overage: OverageBehavior
  readonly properties: Properties | null
}

export interface BurnDown {
  readonly payments: readonly Payment[]
  /** Units of the feature that nobody paid for. Zero when all was paid; negative when not all could be given back. */
  readonly missing: Amount
  /** What stood in the way, when something is missing. */
  readonly shortOf: Shortage
}

export type Shortage = 'balance' | 'usage_limit' | 'spend_limit'

/**
 * Spends units of a feature over a customer's grants: who pays, in what order, and what stays unpaid.
 *
 * Carried-over units first (soonest expiry first), then every grant in order down to zero, then those that may go below.
 * With `reject` nothing is paid unless everything is; with `cap` the rest is dropped; with `overflow` it is put on a grant regardless.
 * Negative units are given back: to overdrawn grants first, then to each up to what went out of it. Carried-over units are never refilled.
 */
export function burnDown(catalog: Catalog, state: CustomerState, spend: Spend, now: number): BurnDown {
  const payers = payersOf(catalog, state, spend.featureId, spend.scope)
  return spend.units < 0n ? giveBack(payers, spend.units) : takeOut(catalog, state, spend, payers, now)
}

function takeOut(catalog: Catalog, state: CustomerState, spend: Spend, payers: readonly Payer[], now: number): BurnDown {
  const { featureId, scope } = spend
  // Allocated features are occupied before anyone asks: a seat over the number is counted, and only `reject` stops it.
  const overage = spend.overage === 'cap' && catalog.features.get(featureId)?.consumable === false ? 'overflow' : spend.overage
  const windowRoom = overage === 'overflow' ? null : windowRoomOf(state, featureId, scope, spend.properties, now)
  const spending = startSpending(spend.units, windowRoom)
  const first = payers[0]
  if (first?.grant.unlimited) {
    payUnits(spending, first, spending.left)
  } else if (first !== undefined) {
    for (const carried of carriedInOrder(payers)) payUpTo(spending, carried.payer, carried.left, carried.rolloverId)
    for (const payer of payers) payUpTo(spending, payer, lesser(remainingOf(payer.grant), poolRoomOf(state, spend, payer, overage, now)))
    for (const payer of payers) payOverage(spending, state, payer, scope)
    if (overage === 'overflow' && spendLimitOf(state, first.grant.featureId, scope) === null) payUnits(spending, first, spending.left)
  }
  const missing = spending.left + spending.withheld
  return { payments: overage === 'reject' && missing > 0n ? [] : merged(spending.payments), missing, shortOf: spending.shortOf }
}

function giveBack(payers: readonly Payer[], units: Amount): BurnDown {
  const spending = startSpending(-units, null)
  const overdrawn = (payer: Payer): Amount => greater(0n, -remainingOf(payer.grant))
  const first = payers[0]
  if (first?.grant.unlimited) {
    payUpTo(spending, first, refundableOf(first.grant))
  } else {
    for (const payer of payers) payUpTo(spending, payer, overdrawn(payer))
    for (const payer of payers) payUpTo(spending, payer, refundableOf(payer.grant) - overdrawn(payer))
  }
  const payments = merged(spending.payments).map((payment) => ({ ...payment, amount: -payment.amount }))
  return { payments, missing: -spending.left, shortOf: 'balance' }
}

/** One burn-down under way: what is still to be paid, who has paid, and what stood in the way. */
interface Spending {
  left: Amount
  /** Units that a usage limit keeps from being paid at all. */
  readonly withheld: Amount
  shortOf: Shortage
  readonly payments: Payment[]
}

function startSpending(units: Amount, windowRoom: Amount | null): Spending {
  const payable = windowRoom === null ? units : lesser(units, windowRoom)
  return { left: payable, withheld: units - payable, shortOf: payable === units ? 'balance' : 'usage_limit', payments: [] }
}

/** Takes up to `available` of the payer's own units. */
function payUpTo(spending: Spending, payer: Payer, available: Amount, rolloverId: string | null = null): void {
  if (spending.left === 0n || available <= 0n) return
  if (available >= times(spending.left, payer.cost)) {
    payUnits(spending, payer, spending.left, rolloverId)
    return
  }
  spending.payments.push(paymentOf(payer, available, rolloverId))
  // A pool that is short by a fraction of a credit leaves a fraction of a unit unpaid, never nothing.
  spending.left = greater(1n, spending.left - dividedBy(available, payer.cost))
}

function payUnits(spending: Spending, payer: Payer, units: Amount, rolloverId: string | null = null): void {
  if (units !== 0n) spending.payments.push(paymentOf(payer, times(units, payer.cost), rolloverId))
  spending.left -= units
}

function payOverage(spending: Spending, state: CustomerState, payer: Payer, scope: Scope): void {
  if (spending.left === 0n) return
  const room = overageRoomOf(state, payer, scope, (grant) => remainingOf(grant) - takenFrom(spending, grant))
  if (room.amount === null) {
    payUnits(spending, payer, spending.left)
    return
  }
  payUpTo(spending, payer, room.amount)
  if (spending.left > 0n && room.limitedBy === 'spend_limit') spending.shortOf = 'spend_limit'
}

function takenFrom(spending: Spending, grant: Grant): Amount {
  let taken = 0n
  for (const payment of spending.payments) if (payment.grantId === grant.id && payment.rolloverId === null) taken += payment.amount
  return taken
}

/** A usage limit set on the pool itself, in the pool's units; no limit is as much as the payer has. */
function poolRoomOf(state: CustomerState, spend: Spend, payer: Payer, overage: OverageBehavior, now: number): Amount {
  const remaining = remainingOf(payer.grant)
  if (!payer.isPool || overage === 'overflow') return remaining
  return windowRoomOf(state, payer.grant.featureId, spend.scope, spend.properties, now) ?? remaining
}

function carriedInOrder(
  payers: readonly Payer[],
): readonly { readonly payer: Payer; readonly rolloverId: string; readonly left: Amount }[] {
  if (payers.every((payer) => payer.grant.rollovers.length === 0)) return []
  const carried = payers.flatMap((payer) =>
    payer.grant.rollovers.map((rollover) => ({
      payer,
      rolloverId: rollover.id,
      left: remainingOf(rollover),
      expiresAt: rollover.expiresAt ?? Number.POSITIVE_INFINITY,
    })),
  )
  return carried.sort((a, b) => (a.expiresAt === b.expiresAt ? 0 : a.expiresAt - b.expiresAt))
}

function paymentOf(payer: Payer, amount: Amount, rolloverId: string | null): Payment {
  return { grantId: payer.grant.id, rolloverId, cycle: payer.grant.cycle, poolId: payer.grant.featureId, amount, cost: payer.cost }
}

/** Joins payments of one source: a grant that paid down to zero and then below it paid once. */
function merged(payments: readonly Payment[]): readonly Payment[] {
  if (payments.length < 2) return payments
  const joined: Payment[] = []
  for (const payment of payments) {
    const index = joined.findIndex((other) => other.grantId === payment.grantId && other.rolloverId === payment.rolloverId)
    const earlier = joined[index]
    if (earlier) joined[index] = { ...earlier, amount: earlier.amount + payment.amount }
    else joined.push(payment)
  }
  return joined
}
