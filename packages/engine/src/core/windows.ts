import type { Amount } from './amount.ts'
import type { UsageLimit, UsageWindow } from './controls.ts'
import type { CustomerState } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { usageLimitOf } from './headroom.ts'
import type { Payment, Properties } from './hold.ts'
import type { Scope } from './payers.ts'
import { cycleEnd, type Interval } from './period.ts'

/** Monday 5 January 1970: calendar weeks begin on Mondays. */
const FIRST_MONDAY = 345_600_000

/** What a use adds to the windows of the usage limits it falls under: the feature's own and those of the pools that paid. Negative to take it back. */
export function countInWindows(
  draft: Draft,
  featureId: string,
  scope: Scope,
  units: Amount,
  payments: readonly Payment[],
  properties: Properties | null,
): void {
  countOne(draft, featureId, scope, units, properties)
  const pools = new Map<string, Amount>()
  for (const payment of payments) {
    if (payment.poolId !== featureId) pools.set(payment.poolId, (pools.get(payment.poolId) ?? 0n) + payment.amount)
  }
  for (const [poolId, amount] of pools) countOne(draft, poolId, scope, amount, properties)
}

/** The window of a limit that contains `now`, with nothing counted yet. */
export function windowOf(state: CustomerState, limit: UsageLimit, entityId: string | null, now: number): UsageWindow {
  const interval: Interval = { unit: limit.interval, count: 1 }
  const anchorAt = limit.anchor === 'utc' ? calendarAnchor(limit.interval) : (state.subscriptions[0]?.startedAt ?? state.createdAt)
  const endsAt = cycleEnd(anchorAt, interval, now)
  return { featureId: limit.featureId, entityId, used: 0n, startsAt: now, endsAt }
}

function countOne(draft: Draft, featureId: string, scope: Scope, units: Amount, properties: Properties | null): void {
  if (units === 0n) return
  const { state, moment } = draft
  const inForce = usageLimitOf(state, featureId, scope, properties)
  if (inForce === null) return
  const open = state.windows.find((each) => each.featureId === featureId && each.entityId === inForce.entityId && each.endsAt > moment.now)
  const window = open ?? windowOf(state, inForce.limit, inForce.entityId, moment.now)
  const used = window.used + units
  change(draft, { kind: 'window_counted', window: { ...window, used: used < 0n ? 0n : used } })
}

function calendarAnchor(interval: UsageLimit['interval']): number {
  return interval === 'week' ? FIRST_MONDAY : 0
}
