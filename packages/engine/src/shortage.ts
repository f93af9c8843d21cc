import type { Shortage } from '@tollgate/features'
import { type Amount, greater, SCALE, times, unitsOf } from './core/amount.ts'
import { balanceOf } from './core/balance.ts'
import { burnDown } from './core/burnDown.ts'
import type { Catalog } from './core/catalog.ts'
import type { Shortfall } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import { usageLimitsOf } from './core/headroom.ts'
import { type Payer, payersOf, type Scope } from './core/payers.ts'
import { windowOf } from './core/windows.ts'

/**
 * Says what a shortfall means to people: the balance that ran short, what was asked of it and what it has, in its own units.
 *
 * Where several balances pay, the last in line is the one that was short: it was asked for its share and for all that nobody paid. A usage
 * limit is told in units of the feature, or of the pool that is limited, with the end of its window as the reset. `now` is the customer's
 * time.
 */
export function shortageOf(catalog: Catalog, state: CustomerState, shortfall: Shortfall, scope: Scope, now: number): Shortage {
  const { featureId, required } = shortfall
  const payers = payersOf(catalog, state, featureId, scope)
  const last = payers.at(-1)
  if (last === undefined) return { featureId, poolId: null, required: unitsOf(required), remaining: 0, resetsAt: null }
  const window = shortfall.reason === 'usage_limit' ? limitedBy(state, featureId, payers, scope, now) : null
  if (window !== null) {
    const { poolId, cost, remaining, resetsAt } = window
    return { featureId, poolId, required: unitsOf(times(required, cost)), remaining: unitsOf(remaining), resetsAt }
  }
  const poolId = last.grant.featureId
  const { payments, missing } = burnDown(catalog, state, { featureId, units: required, scope, overage: 'cap', properties: null }, now)
  const share = payments.reduce((sum: Amount, payment) => (payment.poolId === poolId ? sum + payment.amount : sum), 0n)
  const balance = balanceOf(state, poolId, scope, now)
  const asked = share + times(missing, last.cost)
  return { featureId, poolId, required: unitsOf(asked), remaining: unitsOf(balance?.remaining ?? 0n), resetsAt: balance?.resetsAt ?? null }
}

interface LimitReached {
  /** The feature itself, or a pool. */
  readonly poolId: string
  /** Its units per unit of the feature. */
  readonly cost: Amount
  readonly remaining: Amount
  readonly resetsAt: number
}

/** The usage limit with the least left: of those on the feature, else of those on the pool that stands last in line. */
function limitedBy(state: CustomerState, featureId: string, payers: readonly Payer[], scope: Scope, now: number): LimitReached | null {
  const pools = payers.filter((payer) => payer.isPool).map(({ grant, cost }) => ({ poolId: grant.featureId, cost }))
  for (const { poolId, cost } of [{ poolId: featureId, cost: SCALE }, ...pools.reverse()]) {
    const windows = usageLimitsOf(state, poolId, scope, null).map(({ limit, entityId }) => {
      const { used, endsAt } = windowOf(state, limit, entityId, now)
      return { poolId, cost, remaining: greater(0n, limit.limit - used), resetsAt: endsAt }
    })
    const [first, ...others] = windows
    if (first) return others.reduce((least, each) => (each.remaining < least.remaining ? each : least), first)
  }
  return null
}
