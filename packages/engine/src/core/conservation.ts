import type { Amount } from './amount.ts'
import type { CustomerState } from './customer.ts'
import type { Change } from './entry.ts'
import { type Grant, isLive } from './grant.ts'
import type { Hold, Payment } from './hold.ts'

/** Counters that contradict each other: a fault of the engine's, never of a caller's. What led to it must not be recorded. */
export class ConservationError extends Error {
  override readonly name = 'ConservationError'
}

/**
 * Asserts that a command moved units and made none: throws a `ConservationError` that names the customer and the entry, `after.seq`.
 *
 * Looks at the grants that the changes touched alone. For the changes of a call (used, held, settled) it follows the payments; after any
 * other change it compares those grants with all open holds.
 */
export function assertConserved(before: CustomerState | null, after: CustomerState, changes: readonly Change[]): void {
  const payments = before === null ? null : paymentsOf(changes)
  const fault = before === null || payments === null ? faultOf(after) : faultOfPayments(before, after, payments)
  if (fault !== null) throw new ConservationError(`customer '${after.id}', entry ${after.seq}: ${fault}`)
}

/** The first contradiction in a customer's counters; null when there is none. */
export function faultOf(state: CustomerState): string | null {
  for (const grant of state.grants) {
    const fault = faultOfGrant(grant, state.holds)
    if (fault !== null) return `grant '${grant.id}' ${fault}`
  }
  return null
}

/** What must hold of every grant: open holds explain all that is held, and nothing was given back that was not used. */
function faultOfGrant(grant: Grant, holds: readonly Hold[]): string | null {
  let held = 0n
  let givenBack = 0n
  for (const payment of livePayments(grant, holds)) {
    if (payment.rolloverId !== null) continue
    held += payment.amount
    if (payment.amount < 0n) givenBack -= payment.amount
  }
  if (held !== grant.held) return `holds ${grant.held}, but the open holds on it come to ${held}`
  if (grant.used < givenBack) return `counts ${grant.used} as used, but ${givenBack} of that is being given back`
  for (const rollover of grant.rollovers) {
    const { id, granted, used } = rollover
    const carried = livePayments(grant, holds).filter((payment) => payment.rolloverId === id)
    const heldOfIt = carried.reduce((sum, payment) => sum + payment.amount, 0n)
    if (heldOfIt !== rollover.held)
      return `carried over '${id}', which holds ${rollover.held} while the open holds on it come to ${heldOfIt}`
    if (used < 0n || rollover.held < 0n || used + rollover.held > granted)
      return `carried over '${id}', of which more is gone than the ${granted} it had`
  }
  return null
}

function livePayments(grant: Grant, holds: readonly Hold[]): readonly Payment[] {
  return holds.flatMap((hold) => hold.items.flatMap((item) => item.payments.filter((payment) => isLive(payment, grant))))
}

/** Units that a call moves: what is gone of the grant afterwards, and how much of that is held. */
interface Movement {
  readonly payment: Payment
  readonly used: Amount
  readonly held: Amount
}

/** What the changes of a call move; null when there are others among them. */
function paymentsOf(changes: readonly Change[]): readonly Movement[] | null {
  const moved: Movement[] = []
  const add = (payments: readonly Payment[], used: bigint, held: bigint): void => {
    for (const payment of payments) moved.push({ payment, used: used * payment.amount, held: held * payment.amount })
  }
  for (const change of changes) {
    switch (change.kind) {
      case 'window_counted':
        break
      case 'used':
      case 'refunded':
        add(change.use.payments, 1n, 0n)
        break
      case 'held':
        for (const item of change.hold.items) add(item.payments, 0n, 1n)
        break
      case 'settled':
        for (const item of change.settlement.items) {
          add(item.kept, 1n, -1n)
          add(item.returned, 0n, -1n)
          add(item.extra, 1n, 0n)
        }
        break
      default:
        return null
    }
  }
  return moved
}

function faultOfPayments(before: CustomerState, after: CustomerState, movements: readonly Movement[]): string | null {
  if (before.grants.length !== after.grants.length) return 'a call added or removed a grant'
  for (let index = 0; index < before.grants.length; index++) {
    const was = before.grants[index]
    const is = after.grants[index]
    if (was === undefined || is === undefined || was === is) continue
    let used = 0n
    let held = 0n
    for (const movement of movements) {
      if (!isLive(movement.payment, was)) continue
      used += movement.used
      held += movement.held
    }
    if (goneOf(is, 'used') - goneOf(was, 'used') !== used) return `grant '${was.id}' counts another use than its payments say`
    if (goneOf(is, 'held') - goneOf(was, 'held') !== held) return `grant '${was.id}' holds something else than its payments say`
    if (is.granted !== was.granted) return `grant '${was.id}' grants something else after a call`
    if (is.used < 0n) return `grant '${was.id}' counts ${is.used} as used`
  }
  return null
}

function goneOf(grant: Grant, counter: 'used' | 'held'): Amount {
  let sum = grant[counter]
  for (const rollover of grant.rollovers) sum += rollover[counter]
  return sum
}
