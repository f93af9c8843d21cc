import { type Amount, greater, lesser } from './amount.ts'
import type { UsageLimit, UsageWindow } from './controls.ts'
import type { CustomerState } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { isControlled, usageLimitsOf } from './headroom.ts'
import type { Payment, Properties } from './hold.ts'
import type { Scope } from './payers.ts'
import { cycleAt } from './period.ts'

/** Monday 5 January 1970: calendar weeks begin on Mondays. */
const FIRST_MONDAY = 345_600_000

/** Units still free under the usage limits of a feature, each in its window; null without a limit. */
export function windowRoomOf(
  state: CustomerState,
  featureId: string,
  scope: Scope,
  properties: Properties | null,
  now: number,
): Amount | null {
  let room: Amount | null = null
  for (const { limit, entityId } of usageLimitsOf(state, featureId, scope, properties)) {
    const free = greater(0n, limit.limit - windowOf(state, limit, entityId, now).used)
    room = room === null ? free : lesser(room, free)
  }
  return room
}

/** The window of a usage limit that contains `now`, with what was used in it. */
export function windowOf(state: CustomerState, limit: UsageLimit, entityId: string | null, now: number): UsageWindow {
  const limitId = limitIdOf(limit)
  const isSame = (window: UsageWindow): boolean =>
    window.featureId === limit.featureId && window.entityId === entityId && window.limitId === limitId
  const open = state.windows.find((window) => isSame(window) && window.startsAt <= now && now < window.endsAt)
  if (open) return open
  const calendar = limit.interval === 'week' ? FIRST_MONDAY : 0
  const anchorAt = limit.anchor === 'utc' ? calendar : (state.subscriptions[0]?.startedAt ?? state.createdAt)
  const cycle = cycleAt(anchorAt, { unit: limit.interval, count: 1 }, now)
  return { featureId: limit.featureId, entityId, limitId, used: 0n, ...cycle }
}

/** Limits on the same span of time and the same uses share a window, whatever their numbers. */
export function limitIdOf({ interval, anchor, filter }: UsageLimit): string {
  if (filter === null) return `${interval}/${anchor}`
  return `${interval}/${anchor}/${JSON.stringify(Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1)))}`
}

/** Units that count under usage limits: of a feature, and of the pools that paid for it. */
export interface Counted {
  readonly featureId: string
  readonly scope: Scope
  /** What was really paid for. Negative to take it back. */
  readonly units: Amount
  readonly payments: readonly Payment[]
  readonly properties: Properties | null
  /** When units that now come back were counted: a window that began later never had them. Null for units that count for the first time. */
  readonly countedAt: number | null
}

/** Adds units to the windows of the usage limits that they fall under. */
export function countInWindows(draft: Draft, counted: Counted): void {
  if (!isControlled(draft.state, counted.scope)) return
  countOne(draft, counted.featureId, counted.units, counted)
  const pools = new Map<string, Amount>()
  for (const { poolId, amount } of counted.payments) {
    if (poolId !== counted.featureId) pools.set(poolId, (pools.get(poolId) ?? 0n) + amount)
  }
  for (const [poolId, amount] of pools) countOne(draft, poolId, amount, counted)
}

function countOne(draft: Draft, featureId: string, units: Amount, { scope, properties, countedAt }: Counted): void {
  if (units === 0n) return
  const done: string[] = []
  for (const { limit, entityId } of usageLimitsOf(draft.state, featureId, scope, properties)) {
    const window = windowOf(draft.state, limit, entityId, draft.moment.now)
    if (done.includes(window.limitId) || (countedAt !== null && countedAt < window.startsAt)) continue
    done.push(window.limitId)
    change(draft, { kind: 'window_counted', window: { ...window, used: greater(0n, window.used + units) } })
  }
}
