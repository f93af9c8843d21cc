import type { Shortage } from '@tollgate/features'
import { type Amount, times, unitsOf } from './core/amount.ts'
import { balanceOf } from './core/balance.ts'
import { burnDown } from './core/burnDown.ts'
import type { Catalog } from './core/catalog.ts'
import type { Shortfall } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import { usageLimitsOf } from './core/headroom.ts'
import { payersOf, type Scope } from './core/payers.ts'
import { windowOf, windowRoomOf } from './core/windows.ts'

/**
 * Says what a shortfall means to people: the balance that ran short, what was asked of it and what it has, in its own units.
 *
 * Where several balances pay, the last in line is the one that was short: it was asked for its share and for all that nobody paid. A usage
 * limit is told in units of the feature, with the end of its window as the reset. `now` is the customer's time.
 */
export function shortageOf(catalog: Catalog, state: CustomerState, shortfall: Shortfall, scope: Scope, now: number): Shortage {
  const { featureId, required } = shortfall
  const last = payersOf(catalog, state, featureId, scope).at(-1)
  if (last === undefined) return { featureId, poolId: null, required: unitsOf(required), remaining: 0, resetsAt: null }
  const room = windowRoomOf(state, featureId, scope, null, now)
  if (shortfall.reason === 'usage_limit' && room !== null) {
    return {
      featureId,
      poolId: featureId,
      required: unitsOf(required),
      remaining: unitsOf(room),
      resetsAt: windowEnd(state, featureId, scope, now),
    }
  }
  const poolId = last.grant.featureId
  const { payments, missing } = burnDown(catalog, state, { featureId, units: required, scope, overage: 'cap', properties: null }, now)
  const share = payments.reduce((sum: Amount, payment) => (payment.poolId === poolId ? sum + payment.amount : sum), 0n)
  const balance = balanceOf(state, poolId, scope, now)
  const asked = share + times(missing, last.cost)
  return { featureId, poolId, required: unitsOf(asked), remaining: unitsOf(balance?.remaining ?? 0n), resetsAt: balance?.resetsAt ?? null }
}

/** When the strictest window of a feature ends. */
function windowEnd(state: CustomerState, featureId: string, scope: Scope, now: number): number | null {
  const windows = usageLimitsOf(state, featureId, scope, null).map(({ limit, entityId }) => ({
    limit,
    window: windowOf(state, limit, entityId, now),
  }))
  const [strictest] = windows.sort((a, b) => Number(a.limit.limit - a.window.used - (b.limit.limit - b.window.used)))
  return strictest?.window.endsAt ?? null
}
