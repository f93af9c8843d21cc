import { type Amount, greater, lesser } from './amount.ts'
import type { Controls, SpendLimit, UsageLimit } from './controls.ts'
import type { CustomerState } from './customer.ts'
import type { Grant } from './grant.ts'
import type { Properties } from './hold.ts'
import { isSpendable, type Payer, type Scope } from './payers.ts'

/** A usage limit in force, and whose window it counts in. */
export interface LimitInForce {
  readonly limit: UsageLimit
  /** The entity that the limit was set for; null: the customer. */
  readonly entityId: string | null
}

/** The usage limit that applies to a feature: the entity's, else the customer's, else the strictest of the plans'. */
export function usageLimitOf(state: CustomerState, featureId: string, scope: Scope, properties: Properties | null): LimitInForce | null {
  const applies = (limit: UsageLimit): boolean => limit.featureId === featureId && limit.enabled && matches(limit, properties)
  const ownLimit = entityControls(state, scope)?.usageLimits.find(applies)
  if (ownLimit) return { limit: ownLimit, entityId: scope.entityId }
  const limits = state.controls.usageLimits.filter(applies)
  const candidates = limits.length > 0 ? limits : planControls(state).flatMap((controls) => controls.usageLimits.filter(applies))
  const strictest = candidates.reduce<UsageLimit | null>(
    (least, limit) => (least === null || limit.limit < least.limit ? limit : least),
    null,
  )
  return strictest && { limit: strictest, entityId: null }
}

/** Units still free in the window of a usage limit; null without a limit. */
export function windowRoomOf(
  state: CustomerState,
  featureId: string,
  scope: Scope,
  properties: Properties | null,
  now: number,
): Amount | null {
  const inForce = usageLimitOf(state, featureId, scope, properties)
  if (inForce === null) return null
  const window = state.windows.find((each) => each.featureId === featureId && each.entityId === inForce.entityId && each.endsAt > now)
  return greater(0n, inForce.limit.limit - (window?.used ?? 0n))
}

/**
 * How far below zero a payer may still go: zero when it may not, null when nothing limits it.
 *
 * `remaining` tells where each grant stands, so that a burn-down under way counts what it has taken so far.
 */
export function overageRoomOf(state: CustomerState, payer: Payer, scope: Scope, remaining: (grant: Grant) => Amount): OverageRoom {
  const { grant } = payer
  const control = overageControlOf(state, grant.featureId, scope)
  if (control === false || (control === null && grant.overage === null)) return NO_ROOM
  const spendLimit = spendLimitOf(state, grant.featureId, scope)
  if (spendLimit !== null) {
    const overdrawn = spendable(state, grant.featureId, scope).reduce((sum, each) => sum + greater(0n, -remaining(each)), 0n)
    return { amount: greater(0n, spendLimit - overdrawn), limitedBy: 'spend_limit' }
  }
  const max = grant.overage?.max ?? null
  return { amount: max === null ? null : greater(0n, max - greater(0n, -remaining(grant))), limitedBy: 'balance' }
}

export interface OverageRoom {
  /** Null: no limit. */
  readonly amount: Amount | null
  readonly limitedBy: 'balance' | 'spend_limit'
}

const NO_ROOM: OverageRoom = { amount: 0n, limitedBy: 'balance' }

/** The spend limit of a feature in units below zero; null without one. */
export function spendLimitOf(state: CustomerState, featureId: string, scope: Scope): Amount | null {
  const applies = (limit: SpendLimit): boolean => limit.featureId === featureId && limit.enabled && limit.overageLimit !== null
  const entry = [entityControls(state, scope), state.controls]
    .map((controls) => controls?.spendLimits.find(applies))
    .find((limit) => limit !== undefined)
  const candidates = entry ? [entry] : planControls(state).flatMap((controls) => controls.spendLimits.filter(applies))
  return candidates
    .map((limit) => unitsOfLimit(limit, state, featureId, scope))
    .reduce<Amount | null>((least, units) => (least === null ? units : lesser(least, units)), null)
}

/** Whether controls allow overage for a feature: true and false as declared, null when nothing is said. */
export function overageControlOf(state: CustomerState, featureId: string, scope: Scope): boolean | null {
  for (const controls of [entityControls(state, scope), state.controls]) {
    const entry = controls?.overageAllowed.find((each) => each.featureId === featureId)
    if (entry) return entry.enabled
  }
  const entries = planControls(state).flatMap((controls) => controls.overageAllowed.filter((each) => each.featureId === featureId))
  return entries.length === 0 ? null : entries.every((entry) => entry.enabled)
}

function unitsOfLimit(limit: SpendLimit, state: CustomerState, featureId: string, scope: Scope): Amount {
  const value = limit.overageLimit ?? 0n
  if (limit.kind === 'absolute') return value
  const granted = spendable(state, featureId, scope).reduce((sum, grant) => sum + grant.granted, 0n)
  return (granted * value) / 1_000_000_000_000n
}

function spendable(state: CustomerState, featureId: string, scope: Scope): readonly Grant[] {
  return state.grants.filter((grant) => grant.featureId === featureId && isSpendable(grant, scope))
}

function entityControls(state: CustomerState, scope: Scope): Controls | null {
  return scope.entityId === null ? null : (state.entities.find((entity) => entity.id === scope.entityId)?.controls ?? null)
}

function planControls(state: CustomerState): readonly Controls[] {
  return state.subscriptions.map((subscription) => subscription.controls)
}

function matches(limit: UsageLimit, properties: Properties | null): boolean {
  if (limit.filter === null) return true
  return Object.entries(limit.filter).every(
    ([name, value]) => properties !== null && Object.hasOwn(properties, name) && properties[name] === value,
  )
}
