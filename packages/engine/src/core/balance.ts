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
  let [granted, remaining, used, held] = [0n, 0n, 0n, 0n]
  let unlimited = false
  let resetsAt: number | null = null
  for (const grant of grants) {
    granted += grant.granted
    remaining += greater(0n, remainingOf(grant))
    used += grant.used
    held += grant.held
    unlimited ||= grant.unlimited
    if (grant.nextResetAt !== null && (resetsAt === null || grant.nextResetAt < resetsAt)) resetsAt = grant.nextResetAt
    for (const carried of grant.rollovers) {
      granted += carried.granted
      remaining += remainingOf(carried)
      used += carried.used
      held += carried.held
    }
  }
  const overageRoom = overageRoomOfAll(state, grants, scope)
  const windowRoom = windowRoomOf(state, featureId, scope, null, now)
  return { featureId, granted, remaining, used, held, unlimited, overageRoom, windowRoom, resetsAt, grants }
}

/** Whether a scope was granted a boolean feature. */
export function hasFlag(state: CustomerState, featureId: string, scope: Scope): boolean {
  return state.grants.some((grant) => grant.flag && grant.featureId === featureId && isSpendable(grant, scope))
}

/** The features of the catalog that a scope has anything of, in the catalog's order. */
export function ownedFeatures(catalog: Catalog, state: CustomerState, scope: Scope): readonly string[] {
  const owned = new Set<string>()
  for (const grant of state.grants) if (isSpendable(grant, scope)) owned.add(grant.featureId)
  const inOrder: string[] = []
  // A catalog may be long, and what one customer has of it short.
  for (const id of catalog.features.keys()) {
    if (inOrder.length === owned.size) break
    if (owned.has(id)) inOrder.push(id)
  }
  return inOrder
}

function overageRoomOfAll(state: CustomerState, grants: readonly Grant[], scope: Scope): Amount | null {
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
