import { type Amount, greater, unitsOf } from '../../core/amount.ts'
import { type Grant, type Rollover, remainingOf } from '../../core/grant.ts'
import { compareGrants, isSpendable } from '../../core/payers.ts'
import type { Interval } from '../../core/period.ts'
import { newestFeature } from './feature.ts'
import type { View } from './view.ts'

/** A balance as API 2.1 and later know it. Units that are held count as used. */
export interface WireBalance {
  readonly feature_id: string
  readonly feature?: object
  readonly granted: number
  readonly remaining: number
  readonly usage: number
  readonly unlimited: boolean
  readonly overage_allowed: boolean
  readonly max_purchase: number | null
  readonly next_reset_at: number | null
  readonly breakdown: readonly WireBreakdown[]
  readonly rollovers?: readonly WireRollover[]
}

export interface WireBreakdown {
  readonly id: string
  readonly plan_id: string | null
  readonly included_grant: number
  readonly prepaid_grant: number
  readonly remaining: number
  readonly usage: number
  readonly unlimited: boolean
  readonly reset: WireReset | null
  readonly price: WirePrice | null
  readonly expires_at: number | null
}

export interface WireReset {
  readonly interval: string
  readonly interval_count?: number
  readonly resets_at: number | null
}

export interface WirePrice {
  readonly billing_units: unknown
  readonly billing_method: unknown
  readonly max_purchase: number | null
}

export interface WireRollover {
  readonly granted: number
  readonly balance: number
  readonly expires_at: number
}

/** A boolean feature that was granted. */
export interface WireFlag {
  readonly id: string
  readonly plan_id: string | null
  readonly expires_at: number | null
  readonly feature_id: string
  readonly feature?: object
}

/** The balance of a feature; null when the customer, or the entity, has none. */
export function renderBalance(view: View, featureId: string, expandKey = 'balances.feature'): WireBalance | null {
  const counted = view.customer.grants.filter((grant) => grant.featureId === featureId && !grant.flag)
  const own = counted.filter((grant) => isSpendable(grant, view.scope)).sort((a, b) => compareGrants(a, b, view.scope))
  // What an entity's own plan granted shows in the customer's totals, although the customer itself cannot spend it.
  const shown = view.scope.entityId === null ? counted : own
  if (shown.length === 0) return null
  const unlimited = shown.some((grant) => grant.unlimited)
  const feature = view.catalog.features.get(featureId)
  const rollovers = shown.flatMap(carriedBy)
  return {
    feature_id: featureId,
    ...(view.expand.has(expandKey) && feature ? { feature: newestFeature(feature) } : {}),
    ...totalsOf(shown, unlimited),
    unlimited,
    overage_allowed: !unlimited && shown.some((grant) => grant.overage !== null),
    max_purchase: unlimited ? null : maxPurchaseOf(shown),
    next_reset_at: unlimited ? null : earliest(shown.map((grant) => grant.nextResetAt)),
    breakdown: perItem(own).map((grants) => renderBreakdown(view, grants)),
    ...(rollovers.length > 0 ? { rollovers: rollovers.map(renderRollover) } : {}),
  }
}

/** The flag of a boolean feature; null when the customer, or the entity, was not granted it. */
export function renderFlag(view: View, featureId: string, expandKey = 'flags.feature'): WireFlag | null {
  const grant = view.customer.grants.find((each) => each.flag && each.featureId === featureId && isSpendable(each, view.scope))
  const feature = view.catalog.features.get(featureId)
  if (!grant) return null
  return {
    id: grant.id,
    plan_id: grant.planId,
    expires_at: grant.expiresAt,
    feature_id: featureId,
    ...(view.expand.has(expandKey) && feature ? { feature: newestFeature(feature) } : {}),
  }
}

/** When a grant starts afresh. A grant without cycles is a `one_off`, except that occupied features have nothing to reset. */
export function renderReset(interval: Interval | null, resetsAt: number | null, isConsumable: boolean): WireReset | null {
  if (interval === null) return isConsumable ? { interval: 'one_off', resets_at: null } : null
  return { ...renderInterval(interval), resets_at: resetsAt }
}

/** An interval as the wire writes it: a count of one goes without saying. */
export function renderInterval({ unit, count }: Interval): { readonly interval: string; readonly interval_count?: number } {
  return count === 1 ? { interval: unit } : { interval: unit, interval_count: count }
}

/** The id by which the wire knows a grant: the slices of an item granted per entity share one. */
export function balanceIdOf(grants: readonly Grant[], grant: Grant): string {
  return grants.find((each) => isSameItem(each, grant))?.id ?? grant.id
}

/** The carried-over units that are left: those that were used up are of no further interest. */
function carriedBy(grant: Grant): readonly Rollover[] {
  return grant.rollovers.filter((rollover) => rollover.held !== 0n || rollover.used < rollover.granted)
}

function totalsOf(grants: readonly Grant[], unlimited: boolean): Pick<WireBalance, 'granted' | 'remaining' | 'usage'> {
  let granted = 0n
  let remaining = 0n
  let usage = 0n
  for (const grant of grants) {
    granted += grant.granted
    remaining += greater(0n, remainingOf(grant))
    usage += grant.used + grant.held
    for (const rollover of carriedBy(grant)) {
      granted += rollover.granted
      remaining += remainingOf(rollover)
      usage += rollover.used + rollover.held
    }
  }
  return { granted: unlimited ? 0 : unitsOf(granted), remaining: unlimited ? 0 : unitsOf(remaining), usage: unitsOf(usage) }
}

/** Groups the slices of items that are granted per entity: the wire shows them as one. */
function perItem(grants: readonly Grant[]): readonly (readonly Grant[])[] {
  const items: Grant[][] = []
  for (const grant of grants) {
    const item = items.find(([first]) => first !== undefined && isSameItem(first, grant))
    if (item) item.push(grant)
    else items.push([grant])
  }
  return items
}

function isSameItem(a: Grant, b: Grant): boolean {
  return a.id === b.id || (a.perEntity && b.perEntity && a.subscriptionId === b.subscriptionId && a.itemId === b.itemId)
}

function renderBreakdown(view: View, grants: readonly Grant[]): WireBreakdown {
  const [grant] = grants
  if (grant === undefined) throw new Error('a breakdown has at least one grant')
  const sum = (amountOf: (each: Grant) => Amount): number => unitsOf(grants.reduce((total, each) => total + amountOf(each), 0n))
  const isConsumable = view.catalog.features.get(grant.featureId)?.consumable ?? true
  return {
    id: balanceIdOf(view.customer.grants, grant),
    plan_id: grant.planId,
    included_grant: grant.unlimited ? 0 : sum((each) => each.granted - each.prepaid),
    prepaid_grant: sum((each) => each.prepaid),
    remaining: grant.unlimited ? 0 : sum((each) => greater(0n, remainingOf(each))),
    usage: sum((each) => each.used + each.held),
    unlimited: grant.unlimited,
    reset: grant.unlimited ? null : renderReset(grant.interval, grant.nextResetAt, isConsumable),
    price: renderPrice(grant),
    expires_at: grant.expiresAt,
  }
}

function renderPrice({ price, overage }: Grant): WirePrice | null {
  if (price === null) return null
  const { amount, tiers, tier_behavior, billing_units = 1, billing_method } = price
  return {
    ...(amount === undefined ? {} : { amount }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(tier_behavior === undefined ? {} : { tier_behavior }),
    billing_units,
    billing_method,
    max_purchase: overage?.max == null ? null : unitsOf(overage.max),
  }
}

function renderRollover(rollover: Rollover): WireRollover {
  return { granted: unitsOf(rollover.granted), balance: unitsOf(remainingOf(rollover)), expires_at: rollover.expiresAt ?? 0 }
}

function maxPurchaseOf(grants: readonly Grant[]): number | null {
  const limits = grants.flatMap((grant) => (grant.overage ? [grant.overage.max] : []))
  if (limits.length === 0 || limits.includes(null)) return null
  return unitsOf(limits.reduce<Amount>((sum, limit) => sum + (limit ?? 0n), 0n))
}

function earliest(instants: readonly (number | null)[]): number | null {
  return instants.reduce((first, at) => (first === null || (at !== null && at < first) ? at : first), null)
}
