import { type Amount, greater, lesser, SCALE } from './amount.ts'
import { giveBack, takeAway } from './burnDown.ts'
import { withSettled } from './evolve.ts'
import { type Grant, refundableOf, remainingOf } from './grant.ts'
import type { Hold, Payment } from './hold.ts'
import type { Payer } from './payers.ts'

/** A feature's grants, in the order in which they are spent, after a correction by hand; `holds` are the customer's. */
type Correction = (grants: readonly Grant[], units: Amount, holds: readonly Hold[]) => readonly Grant[]

/** Leaves exactly `units` between the grants, and none of them overdrawn. */
export const withRemaining: Correction = (grants, units, holds) => {
  const counted = grants.filter((grant) => !grant.unlimited)
  const covered = counted.map((grant) => covering(grant, greater(0n, -remainingOf(grant)), holds))
  const left = covered.reduce((sum, grant) => sum + remainingOf(grant) + sumOf(grant, remainingOf), 0n)
  return withMore(covered, units - left, holds)
}

/** Makes exactly `units` count as gone between the grants. What is held for running calls is part of them and stays: no fewer can be gone. */
export const withUsed: Correction = (grants, units, holds) => {
  const gone = grants.reduce((sum, grant) => sum + goneOf(grant) + sumOf(grant, goneOf), 0n)
  return units < gone ? lowered(grants, gone - units, holds).grants : paid(grants, takeAway(payersOf(grants), units - gone))
}

/** Leaves `units` more between the grants than before, or fewer when negative: more of it undoes use first, then raises what is granted. */
export const withMore: Correction = (grants, units, holds) => {
  if (units < 0n) return paid(grants, takeAway(payersOf(grants), -units))
  const { grants: after, missing } = lowered(grants, units, holds)
  const first = after.find((grant) => !grant.unlimited)
  return missing === 0n ? after : after.map((grant) => (grant === first ? { ...grant, granted: grant.granted + missing } : grant))
}

interface Lowered {
  readonly grants: readonly Grant[]
  /** Units that no grant could take back. */
  readonly missing: Amount
}

/** Lowers what counts as used: of the grants' own units first, then of those they carried over. */
function lowered(grants: readonly Grant[], units: Amount, holds: readonly Hold[]): Lowered {
  const payments: Payment[] = []
  let missing = units
  // Give-backs end at an unlimited grant; a correction goes on to the others.
  for (const group of [...grants.filter((grant) => grant.unlimited).map((grant) => [grant]), grants.filter((grant) => !grant.unlimited)]) {
    const back = giveBack(holds, payersOf(group), -missing)
    payments.push(...back.payments)
    missing = -back.missing
  }
  const after = paid(grants, payments).map((grant) => {
    if (missing === 0n || grant.rollovers.length === 0) return grant
    const rollovers = grant.rollovers.map((rollover) => {
      const undone = lesser(missing, rollover.used)
      missing -= undone
      return { ...rollover, used: rollover.used - undone }
    })
    return { ...grant, rollovers }
  })
  return { grants: after, missing }
}

/** Lifts an overdrawn grant by undoing its use; what holds alone overdraw raises what is granted. */
function covering(grant: Grant, units: Amount, holds: readonly Hold[]): Grant {
  const undone = lesser(units, refundableOf(grant, holds))
  return units === 0n ? grant : { ...grant, used: grant.used - undone, granted: grant.granted + units - undone }
}

function paid(grants: readonly Grant[], payments: readonly Payment[]): readonly Grant[] {
  return withSettled(grants, [{ kept: [], returned: [], extra: payments }])
}

function payersOf(grants: readonly Grant[]): readonly Payer[] {
  return grants.map((grant) => ({ grant, isPool: false, cost: SCALE }))
}

function goneOf(counted: { readonly used: Amount; readonly held: Amount }): Amount {
  return counted.used + counted.held
}

function sumOf(grant: Grant, amountOf: (rollover: Grant['rollovers'][number]) => Amount): Amount {
  return grant.rollovers.reduce((sum, rollover) => sum + amountOf(rollover), 0n)
}
