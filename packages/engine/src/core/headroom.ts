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

/** The usage limits that apply to a feature, all at once: the entity's if it has any, else the customer's, else those of the plans. */
export function usageLimitsOf(
  state: CustomerState,
  featureId: string,
  scope: Scope,
  properties: Properties | null,
): readonly LimitInForce[] {
  const applies = (limit: UsageLimit): boolean => limit.featureId === featureId && limit.enabled && matches(limit, properties)
  for (const level of controlLevels(state, scope)) {
    const limits = level.controls.flatMap((controls) => controls.usageLimits.filter(applies))
    if (limits.length > 0) return limits.map((limit) => ({ limit, entityId: level.entityId }))
  }
  return NO_LIMITS
}

const NO_LIMITS: readonly LimitInForce[] = []

/** Whether anything limits what a scope may use, whatever its balances. */
export function isControlled(state: CustomerState, scope: Scope): boolean {
  return controlLevels(state, scope).length > 0
}

/** How far below zero a payer may still go. */
export interface OverageRoom {
  /** Zero when it may not, null when nothing limits it. */
  readonly amount: Amount | null
  readonly limitedBy: 'balance' | 'spend_limit'
}

/**
 * How far below zero a payer may still go, by the controls, the spend limit and the item's own maximum.
 *
 * `remaining` tells where each grant stands, so that a burn-down under way counts what it has taken so far.
 */
export function overageRoomOf(state: CustomerState, payer: Payer, scope: Scope, remaining: (grant: Grant) => Amount): OverageRoom {
  const { grant } = payer
  const control = overageControlOf(state, grant.featureId, scope)
  if (control === false || (control === null && grant.overage === null)) return NO_ROOM
  const spendLimit = spendLimitOf(state, grant.featureId, scope)
  if (spendLimit !== null) {
    const overdrawn = overdrawnOf(state, grant.featureId, scope, remaining)
    return { amount: greater(0n, spendLimit - overdrawn), limitedBy: 'spend_limit' }
  }
  const max = grant.overage?.max ?? null
  return { amount: max === null ? null : greater(0n, max - greater(0n, -remaining(grant))), limitedBy: 'balance' }
}

const NO_ROOM: OverageRoom = { amount: 0n, limitedBy: 'balance' }

/** How far below zero the grants of a feature stand together. */
export function overdrawnOf(state: CustomerState, featureId: string, scope: Scope, remaining: (grant: Grant) => Amount): Amount {
  return spendable(state, featureId, scope).reduce((sum, grant) => sum + greater(0n, -remaining(grant)), 0n)
}

/** The spend limit of a feature in units below zero; null without one. Of several plans' limits the strictest counts. */
export function spendLimitOf(state: CustomerState, featureId: string, scope: Scope): Amount | null {
  const applies = (limit: SpendLimit): boolean => limit.featureId === featureId && limit.enabled && limit.overageLimit !== null
  for (const { controls } of controlLevels(state, scope)) {
    const limits = controls.flatMap((each) => each.spendLimits.filter(applies))
    if (limits.length > 0) return limits.map((limit) => unitsOfLimit(limit, state, featureId, scope)).reduce(lesser)
  }
  return null
}

/** Whether controls allow overage for a feature: true and false as declared, null when nothing is said. */
export function overageControlOf(state: CustomerState, featureId: string, scope: Scope): boolean | null {
  for (const { controls } of controlLevels(state, scope)) {
    const entries = controls.flatMap((each) => each.overageAllowed.filter((entry) => entry.featureId === featureId))
    if (entries.length > 0) return entries.every((entry) => entry.enabled)
  }
  return null
}

/** Controls that were set in one place. */
interface ControlLevel {
  readonly entityId: string | null
  readonly controls: readonly Controls[]
}

/** Where controls may be set, the one that wins first: the entity, the customer, the plans. Places where nothing is set are left out. */
function controlLevels(state: CustomerState, scope: Scope): readonly ControlLevel[] {
  const levels: ControlLevel[] = []
  const entity = scope.entityId === null ? undefined : state.entities.find((each) => each.id === scope.entityId)
  if (entity && !isEmpty(entity.controls)) levels.push({ entityId: entity.id, controls: [entity.controls] })
  if (!isEmpty(state.controls)) levels.push({ entityId: null, controls: [state.controls] })
  for (const subscription of state.subscriptions) {
    if (isEmpty(subscription.controls) || (subscription.entityId !== null && subscription.entityId !== scope.entityId)) continue
    const plans = state.subscriptions.filter((each) => each.entityId === null || each.entityId === scope.entityId)
    levels.push({ entityId: null, controls: plans.map((each) => each.controls) })
    break
  }
  return levels.length === 0 ? NO_LEVELS : levels
}

const NO_LEVELS: readonly ControlLevel[] = []

function isEmpty({ overageAllowed, spendLimits, usageLimits }: Controls): boolean {
  return overageAllowed.length === 0 && spendLimits.length === 0 && usageLimits.length === 0
}

function unitsOfLimit(limit: SpendLimit, state: CustomerState, featureId: string, scope: Scope): Amount {
  const value = limit.overageLimit ?? 0n
  if (limit.kind === 'absolute') return value
  const granted = spendable(state, featureId, scope).reduce((sum, grant) => sum + grant.granted, 0n)
  return (granted * value) / HUNDRED_PERCENT
}

/** 100 as an amount. */
const HUNDRED_PERCENT = 1_000_000_000_000n

function spendable(state: CustomerState, featureId: string, scope: Scope): readonly Grant[] {
  return state.grants.filter((grant) => grant.featureId === featureId && isSpendable(grant, scope))
}

function matches(limit: UsageLimit, properties: Properties | null): boolean {
  if (limit.filter === null) return true
  return Object.entries(limit.filter).every(
    ([name, value]) => properties !== null && Object.hasOwn(properties, name) && properties[name] === value,
  )
}
