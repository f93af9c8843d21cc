import { unitsOf } from '../../core/amount.ts'
import type { CatalogFeature } from '../../core/catalog.ts'
import type { WireBalance, WireBreakdown, WireFlag, WireReset } from './balance.ts'

/** A balance as API 2.0 knows it. */
export interface Balance20 {
  readonly feature_id: string
  readonly [field: string]: unknown
}

/** A balance, or a granted boolean feature, as API 1.x knows it. */
export interface Feature1x {
  readonly id: string
  readonly unlimited: boolean
  readonly interval: string | null
  readonly interval_count: number | null
  readonly balance: number
  readonly usage: number
  readonly included_usage: number
  readonly next_reset_at: number | null
  readonly overage_allowed: boolean
  readonly usage_limit?: number
  readonly breakdown?: readonly Breakdown1x[]
}

export type Breakdown1x = Omit<Feature1x, 'id' | 'unlimited' | 'breakdown'> & { readonly expires_at: number | null }

/** Down from 2.1 to 2.0: what was bought, and what was overdrawn, apart from what was granted. */
export function balance20(balance: WireBalance): Balance20 {
  const prepaid = sum(balance.breakdown.map((each) => each.prepaid_grant))
  const planIds = new Set(balance.breakdown.map((each) => each.plan_id))
  const [planId = null] = planIds
  return {
    feature_id: balance.feature_id,
    ...(balance.feature ? { feature: balance.feature } : {}),
    unlimited: balance.unlimited,
    granted_balance: exact(balance.granted - prepaid),
    purchased_balance: exact(prepaid + overageOf(balance)),
    current_balance: balance.remaining,
    usage: balance.usage,
    overage_allowed: balance.overage_allowed,
    max_purchase: balance.max_purchase,
    reset: commonReset(balance),
    plan_id: planIds.size > 1 ? null : planId,
    breakdown: balance.breakdown.map(breakdown20),
    ...(balance.rollovers ? { rollovers: balance.rollovers } : {}),
  }
}

/** Down from 2.1 to 2.0, which has no flags: a boolean feature is a balance of nothing. */
export function flag20(flag: WireFlag): Balance20 {
  const nothing = { granted_balance: 0, purchased_balance: 0, current_balance: 0, usage: 0, overage_allowed: false, max_purchase: null }
  const { feature_id, plan_id, expires_at, feature } = flag
  return {
    feature_id,
    ...(feature ? { feature } : {}),
    unlimited: false,
    ...nothing,
    reset: null,
    plan_id,
    breakdown: [{ id: flag.id, plan_id, ...nothing, reset: null, prepaid_quantity: 0, expires_at }],
  }
}

/** Down to 1.x: one flat record, whose balance goes below zero. */
export function feature1x(balance: WireBalance, feature: CatalogFeature | undefined): Feature1x & { readonly [field: string]: unknown } {
  const reset = commonReset(balance)
  const overage = overageOf(balance)
  const numbers = balance.unlimited
    ? { balance: 0, usage: 0, included_usage: 0 }
    : { balance: exact(balance.remaining - overage), usage: balance.usage, included_usage: balance.granted }
  return {
    ...headOf(balance.feature_id, feature),
    ...intervalOf(reset, balance.unlimited),
    unlimited: balance.unlimited,
    ...numbers,
    next_reset_at: reset?.interval === 'multiple' ? null : (reset?.resets_at ?? null),
    ...limitOf(balance.overage_allowed, balance.max_purchase, balance.granted),
    ...(balance.breakdown.length > 0 ? { breakdown: balance.breakdown.map((each) => breakdown1x(each, balance.unlimited)) } : {}),
    ...(feature?.type === 'credit_system' ? { credit_schema: creditAmounts(feature) } : {}),
    ...(balance.rollovers ? { rollovers: balance.rollovers } : {}),
  }
}

/** Down to 1.x: a boolean feature is a static one, with zeroes. */
export function staticFeature1x(flag: WireFlag, feature: CatalogFeature | undefined): Feature1x & { readonly [field: string]: unknown } {
  const nothing = {
    interval: null,
    interval_count: null,
    balance: 0,
    usage: 0,
    included_usage: 0,
    next_reset_at: null,
    overage_allowed: false,
  }
  return {
    ...headOf(flag.feature_id, feature),
    unlimited: false,
    ...nothing,
    breakdown: [{ ...nothing, expires_at: flag.expires_at }],
  }
}

function headOf(
  id: string,
  feature: CatalogFeature | undefined,
): { readonly id: string; readonly type: string; readonly name: string | null } {
  const type = feature?.type === 'boolean' ? 'static' : (feature?.consumable ?? true) ? 'single_use' : 'continuous_use'
  return { id, type, name: feature?.name ?? null }
}

function breakdown20(part: WireBreakdown): object {
  return {
    id: part.id,
    plan_id: part.plan_id,
    granted_balance: part.included_grant,
    purchased_balance: exact(part.prepaid_grant + overageIn(part)),
    current_balance: part.remaining,
    usage: part.usage,
    overage_allowed: part.price?.billing_method === 'usage_based',
    max_purchase: part.price?.max_purchase ?? null,
    reset: part.reset,
    prepaid_quantity: part.prepaid_grant,
    expires_at: part.expires_at,
  }
}

function breakdown1x(part: WireBreakdown, unlimited: boolean): Breakdown1x {
  const included = exact(part.included_grant + part.prepaid_grant)
  const isPaidLater = part.price?.billing_method === 'usage_based'
  const numbers = unlimited
    ? { balance: 0, usage: 0, included_usage: 0 }
    : { balance: exact(part.remaining - (isPaidLater ? overageIn(part) : 0)), usage: part.usage, included_usage: included }
  return {
    ...intervalOf(part.reset, unlimited),
    ...numbers,
    next_reset_at: part.reset?.resets_at ?? null,
    expires_at: part.expires_at,
    ...limitOf(isPaidLater, part.price?.max_purchase ?? null, included),
  }
}

function limitOf(overageAllowed: boolean, maxPurchase: number | null, included: number) {
  return {
    // In 1.x a limited overage is told by the limit alone.
    overage_allowed: overageAllowed && maxPurchase === null,
    ...(maxPurchase === null ? {} : { usage_limit: exact(maxPurchase + included) }),
  }
}

/** The reset that all parts share, with the interval `multiple` when they do not. */
function commonReset(balance: WireBalance): WireReset | null {
  const intervals = new Set(balance.breakdown.map((each) => each.reset?.interval))
  if (intervals.size > 1) return { interval: 'multiple', resets_at: null }
  const reset = balance.breakdown[0]?.reset ?? null
  return reset && { ...reset, resets_at: balance.next_reset_at }
}

function intervalOf(
  reset: WireReset | null,
  unlimited: boolean,
): { readonly interval: string | null; readonly interval_count: number | null } {
  if (reset === null) return { interval: null, interval_count: unlimited ? null : 1 }
  if (reset.interval === 'multiple') return { interval: 'multiple', interval_count: null }
  return { interval: reset.interval === 'one_off' ? 'lifetime' : reset.interval, interval_count: reset.interval_count ?? 1 }
}

function creditAmounts(feature: CatalogFeature): readonly object[] {
  return feature.costs.map(({ featureId, cost }) => ({ feature_id: featureId, credit_amount: unitsOf(cost) }))
}

function overageOf(balance: WireBalance): number {
  return balance.unlimited ? 0 : exact(sum(balance.breakdown.map(overageIn)))
}

function overageIn(part: WireBreakdown): number {
  return part.unlimited ? 0 : Math.max(0, exact(part.usage - part.included_grant - part.prepaid_grant))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** Takes the noise of binary fractions off a difference of numbers that are exact to ten places. */
function exact(difference: number): number {
  return Math.round(difference * 1e10) / 1e10
}
