import { type Amount, greater } from './amount.ts'
import type { Catalog } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import { type Grant, remainingOf } from './grant.ts'
import { overageRoomOf } from './headroom.ts'
import { isSpendable, type Scope } from './payers.ts'
import { windowRoomOf } from './windows.ts'

/** What a customer, or one of its entities, has of one feature over all grants: derived, never stored. */
export interface Balance {
  readonly featureId: string
  readonly granted: Amount
  /** What a call may take without going below zero: never negative itself. */
  readonly remaining: Amount
  /** May exceed `granted` when the balance was overdrawn. Units held for running calls are not in it. */
  readonly used: Amount
  readonly held: Amount
  readonly unlimited: boolean
  /** What may be used below zero; null: without limit. */
  readonly overageRoom: Amount | null
  /** What a usage limit still lets through; null: there is none. */
  readonly windowRoom: Amount | null
  /** The earliest reset of its grants. */
  readonly resetsAt: number | null
  readonly grants: readonly Grant[]
}

/** Sums the grants of a feature that a scope may spend; null when it has none. */
export function balanceOf(state: CustomerState, featureId: string, scope: Scope, now: number): Balance | null {
  const grants = state.grants.filter((grant) => grant.featureId === featureId && !grant.flag && isSpendable(grant, scope))
  const first = grants[0]
  if (first === undefined) return null
  const sum = (amountOf: (grant: Grant) => Amount): Amount => grants.reduce((total, grant) => total + amountOf(grant), 0n)
  const carried = (amountOf: (rollover: Grant['rollovers'][number]) => Amount) =>
    sum((grant) => grant.rollovers.reduce((total, each) => total + amountOf(each), 0n))
  const resets = grants.map((grant) => grant.nextResetAt).filter((at) => at !== null)
  return {
    featureId,
    granted: sum((grant) => grant.granted) + carried((each) => each.granted),
    remaining: sum((grant) => greater(0n, remainingOf(grant))) + carried(remainingOf),
    used: sum((grant) => grant.used) + carried((each) => each.used),
    held: sum((grant) => grant.held) + carried((each) => each.held),
    unlimited: grants.some((grant) => grant.unlimited),
    overageRoom: overageRoom(state, grants, scope),
    windowRoom: windowRoomOf(state, featureId, scope, null, now),
    resetsAt: resets.length === 0 ? null : Math.min(...resets),
    grants,
  }
}

/** Whether a scope was granted a boolean feature. */
export function hasFlag(state: CustomerState, featureId: string, scope: Scope): boolean {
  return state.grants.some((grant) => grant.flag && grant.featureId === featureId && isSpendable(grant, scope))
}

/** The features of the catalog that a scope has anything of, in the catalog's order. */
export function ownedFeatures(catalog: Catalog, state: CustomerState, scope: Scope): readonly string[] {
  return [...catalog.features.keys()].filter((id) => state.grants.some((grant) => grant.featureId === id && isSpendable(grant, scope)))
}

function overageRoom(state: CustomerState, grants: readonly Grant[], scope: Scope): Amount | null {
  let sum = 0n
  for (const grant of grants) {
    const room = overageRoomOf(state, { grant, isPool: false, cost: 0n }, scope, remainingOf)
    if (room.amount === null) return null
    // A spend limit is one for the whole feature: counted once, not once a grant.
    if (room.limitedBy === 'spend_limit') return room.amount
    sum += room.amount
  }
  return sum
}
