import { type Amount, greater, lesser } from './amount.ts'
import type { Catalog } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import { type Grant, refundableOf, remainingOf } from './grant.ts'
import { overageRoomOf, overdrawnOf, spendLimitOf } from './headroom.ts'
import type { Hold, OverageBehavior, Payment, Properties } from './hold.ts'
import { afterPaying, NOTHING_OWED, type Owed, owedOf, priceOf, unitsOwed } from './owed.ts'
import { type Payer, payersOf, type Scope } from './payers.ts'
import { windowRoomOf } from './windows.ts'

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
  /** In the order in which they were made: a grant that paid down to zero and later below it stands twice. */
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
 * An unlimited grant pays for all. Else carried-over units first (soonest expiry first), then every grant in order down to zero, then those
 * that may go below. With `reject` nothing is paid unless everything is; with `cap` the rest is dropped; with `overflow` it is put on a grant
 * regardless. Negative units are given back: to overdrawn grants first, then to each up to what was used of it. Carried-over units are never
 * refilled, and units held for running calls stay held.
 */
export function burnDown(catalog: Catalog, state: CustomerState, spend: Spend, now: number): BurnDown {
  const payers = payersOf(catalog, state, spend.featureId, spend.scope)
  return spend.units < 0n ? giveBack(state.holds, payers, spend.units) : takeOut(catalog, state, spend, payers, now)
}

function takeOut(catalog: Catalog, state: CustomerState, spend: Spend, payers: readonly Payer[], now: number): BurnDown {
  const { units, overage } = spend
  const roomOf = (featureId: string): Amount | null =>
    overage === 'overflow' ? null : windowRoomOf(state, featureId, spend.scope, spend.properties, now)
  const spending = startSpending(units, roomOf(spend.featureId), roomOf)
  const [first] = payers
  if (first?.grant.unlimited) pay(spending, first, null)
  if (first !== undefined && !isPaid(spending)) {
    payFromRemaining(spending, payers)
    for (const payer of payers) if (!payer.grant.unlimited) payOverage(spending, state, payer, spend.scope)
    if (overage === 'overflow' || (overage === 'cap' && isOccupied(catalog, spend.featureId, payers)))
      payRest(spending, state, first, spend)
  }
  const missing = unitsOwed(spending.owed) + spending.withheld
  if (overage === 'reject' && missing > 0n) return { payments: [], missing: units, shortOf: spending.shortOf }
  return { payments: spending.payments, missing, shortOf: spending.shortOf }
}

/** Takes carried-over units first, then every grant's own, down to zero. */
function payFromRemaining(spending: Spending, payers: readonly Payer[]): void {
  for (const { payer, left, rolloverId } of carriedInOrder(payers)) pay(spending, payer, left, rolloverId)
  for (const payer of payers) pay(spending, payer, payer.grant.unlimited ? null : remainingOf(payer.grant))
}

/** Takes units from payers whatever they have: what does not fit overdraws the first. */
export function takeAway(payers: readonly Payer[], units: Amount): readonly Payment[] {
  const spending = startSpending(units, null, NO_LIMIT)
  const [first] = payers
  if (first === undefined) return spending.payments
  if (first.grant.unlimited) pay(spending, first, null)
  payFromRemaining(spending, payers)
  pay(spending, first, null)
  return spending.payments
}

/** Free allocated units are occupied before anyone asks: a seat over the number is counted, and only `reject` stops it. */
function isOccupied(catalog: Catalog, featureId: string, payers: readonly Payer[]): boolean {
  return catalog.features.get(featureId)?.consumable === false && payers.every((payer) => payer.grant.overage === null)
}

/** Gives units back to payers, in the order in which they are spent; `units` is negative. */
export function giveBack(holds: readonly Hold[], payers: readonly Payer[], units: Amount): BurnDown {
  const spending = startSpending(-units, null, NO_LIMIT)
  // An unlimited grant paid for everything, so everything goes back to it.
  const takers = payers[0]?.grant.unlimited ? payers.slice(0, 1) : payers
  const refundable = (payer: Payer): Amount => refundableOf(payer.grant, holds) - takenFrom(spending, payer.grant)
  for (const payer of takers) if (!payer.grant.unlimited) pay(spending, payer, lesser(-remainingOf(payer.grant), refundable(payer)))
  for (const payer of takers) pay(spending, payer, refundable(payer))
  const payments = spending.payments.map((payment) => ({ ...payment, amount: -payment.amount }))
  return { payments, missing: -unitsOwed(spending.owed), shortOf: 'balance' }
}

const NO_LIMIT = (): null => null

/** One burn-down under way: what is still to be paid, who has paid, and what stood in the way. */
interface Spending {
  owed: Owed
  /** Units that a usage limit keeps from being paid at all. */
  readonly withheld: Amount
  shortOf: Shortage
  readonly payments: Payment[]
  /** What a usage limit set on a pool still lets through, in the pool's units. */
  readonly poolRoom: (poolId: string) => Amount | null
}

function startSpending(units: Amount, windowRoom: Amount | null, poolRoom: Spending['poolRoom']): Spending {
  const payable = windowRoom === null ? units : lesser(units, windowRoom)
  return {
    owed: owedOf(payable),
    withheld: units - payable,
    shortOf: payable === units ? 'balance' : 'usage_limit',
    payments: [],
    poolRoom,
  }
}

function isPaid({ owed }: Spending): boolean {
  return owed.numerator === 0n
}

/** Takes from a payer what is left to pay, up to `available` of the payer's own units; null: whatever it takes. */
function pay(spending: Spending, payer: Payer, available: Amount | null, rolloverId: string | null = null): void {
  if (isPaid(spending) || (available !== null && available <= 0n)) return
  const price = priceOf(spending.owed, payer.cost)
  const limit = payer.isPool ? spending.poolRoom(payer.grant.featureId) : null
  const room = limit === null ? null : greater(0n, limit - takenFromPool(spending, payer.grant.featureId))
  const isWithheld = room !== null && room < (available === null ? price : lesser(available, price))
  if (isWithheld) spending.shortOf = 'usage_limit'
  const payable = isWithheld ? room : available
  if (payable === null || payable >= price) {
    if (price !== 0n) spending.payments.push(paymentOf(payer, price, rolloverId))
    spending.owed = NOTHING_OWED
  } else if (payable > 0n) {
    spending.payments.push(paymentOf(payer, payable, rolloverId))
    spending.owed = afterPaying(spending.owed, payable, payer.cost)
  }
}

function payOverage(spending: Spending, state: CustomerState, payer: Payer, scope: Scope): void {
  if (isPaid(spending)) return
  const room = overageRoomOf(state, payer, scope, (grant) => remainingOf(grant) - takenFrom(spending, grant))
  pay(spending, payer, room.amount)
  if (!isPaid(spending) && room.limitedBy === 'spend_limit') spending.shortOf = 'spend_limit'
}

/** Puts what nobody paid on a grant regardless of what it has; only a spend limit stops that. */
function payRest(spending: Spending, state: CustomerState, payer: Payer, { scope }: Spend): void {
  if (isPaid(spending)) return
  const { featureId } = payer.grant
  const limit = spendLimitOf(state, featureId, scope)
  if (limit === null) {
    pay(spending, payer, null)
    return
  }
  const overdrawn = overdrawnOf(state, featureId, scope, (grant) => remainingOf(grant) - takenFrom(spending, grant))
  pay(spending, payer, greater(0n, limit - overdrawn))
  if (!isPaid(spending)) spending.shortOf = 'spend_limit'
}

function takenFrom(spending: Spending, grant: Grant): Amount {
  let taken = 0n
  for (const payment of spending.payments) if (payment.grantId === grant.id && payment.rolloverId === null) taken += payment.amount
  return taken
}

function takenFromPool(spending: Spending, poolId: string): Amount {
  let taken = 0n
  for (const payment of spending.payments) if (payment.poolId === poolId) taken += payment.amount
  return taken
}

interface Carried {
  readonly payer: Payer
  readonly rolloverId: string
  readonly left: Amount
  readonly expiresAt: number
}

function carriedInOrder(payers: readonly Payer[]): readonly Carried[] {
  if (payers.every((payer) => payer.grant.rollovers.length === 0)) return NOTHING_CARRIED
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

const NOTHING_CARRIED: readonly Carried[] = []

function paymentOf({ grant, cost }: Payer, amount: Amount, rolloverId: string | null): Payment {
  return { grantId: grant.id, rolloverId, cycle: grant.cycle, planId: grant.planId, poolId: grant.featureId, amount, cost }
}

/** Joins payments of one source: a grant that paid down to zero and then below it paid once. */
export function merged(payments: readonly Payment[]): readonly Payment[] {
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
