import { type Amount, SCALE } from './amount.ts'
import { type Catalog, type PoolCost, poolsOf } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import type { Grant } from './grant.ts'
import { minutesOf } from './period.ts'

/** Whose balances a use may spend. */
export interface Scope {
  /** Null: the customer itself. */
  readonly entityId: string | null
}

/** A grant that can pay for a feature. */
export interface Payer {
  readonly grant: Grant
  /** True for a credit system's grant, false for the feature's own. */
  readonly isPool: boolean
  /** Units of the grant per unit of the feature. */
  readonly cost: Amount
}

/** The grants that pay for a feature, in the order in which they are spent. An unlimited one, if any, comes first and pays for all. */
export function payersOf(catalog: Catalog, state: CustomerState, featureId: string, scope: Scope): readonly Payer[] {
  const pools = poolsOf(catalog, featureId)
  const payers: Payer[] = []
  for (const grant of state.grants) {
    if (grant.flag || !isSpendable(grant, scope)) continue
    const payer = payerOf(grant, featureId, pools)
    if (payer) payers.push(payer)
  }
  if (payers.length < 2) return payers
  payers.sort((a, b) => comparePayers(a, b, scope))
  const unlimited = payers.findIndex((payer) => payer.grant.unlimited)
  const [hoisted] = unlimited > 0 ? payers.splice(unlimited, 1) : []
  if (hoisted) payers.unshift(hoisted)
  return payers
}

/** An entity spends its own grants and the customer's; the customer spends its own and the slices granted per entity, not what an entity's own plan granted. */
export function isSpendable(grant: Grant, scope: Scope): boolean {
  if (grant.entityId === null) return true
  return scope.entityId === null ? grant.perEntity : grant.entityId === scope.entityId
}

/** The order in which grants of one feature are shown and spent, as a comparator. */
export function compareGrants(a: Grant, b: Grant, scope: Scope): number {
  return (
    Number(!isOwn(a, scope)) - Number(!isOwn(b, scope)) ||
    Number(!a.unlimited) - Number(!b.unlimited) ||
    Number(a.interval === null) - Number(b.interval === null) ||
    (a.interval && b.interval ? minutesOf(a.interval) - minutesOf(b.interval) : 0) ||
    compareNullsLast(a.expiresAt, b.expiresAt) ||
    compareText(a.entityId ?? '', b.entityId ?? '') ||
    Number(a.addOn) - Number(b.addOn) ||
    Number(a.overage !== null) - Number(b.overage !== null) ||
    a.createdAt - b.createdAt
  )
}

function comparePayers(a: Payer, b: Payer, scope: Scope): number {
  return (
    Number(!isOwn(a.grant, scope)) - Number(!isOwn(b.grant, scope)) ||
    Number(a.isPool) - Number(b.isPool) ||
    compareGrants(a.grant, b.grant, scope)
  )
}

function isOwn(grant: Grant, scope: Scope): boolean {
  return grant.entityId === scope.entityId
}

function payerOf(grant: Grant, featureId: string, pools: readonly PoolCost[]): Payer | null {
  if (grant.featureId === featureId) return { grant, isPool: false, cost: SCALE }
  const pool = pools.find(({ poolId }) => poolId === grant.featureId)
  // A cost of zero counts as one: no feature is free by accident.
  return pool ? { grant, isPool: true, cost: pool.cost === 0n ? SCALE : pool.cost } : null
}

function compareNullsLast(a: number | null, b: number | null): number {
  if (a === b) return 0
  if (a === null) return 1
  return b === null ? -1 : a - b
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
