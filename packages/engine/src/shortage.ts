import type { Shortage } from '@tollgate/features'
import { type Amount, times, unitsOf } from './core/amount.ts'
import { balanceOf } from './core/balance.ts'
import type { Catalog } from './core/catalog.ts'
import type { Shortfall } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import { payersOf, type Scope } from './core/payers.ts'

/**
 * Says what a shortfall means to people: the balance that ran short, what was asked of it and what it has, in its own units.
 *
 * Where several balances would have paid, it is told in terms of the last of them, with what the others have left converted at its cost.
 */
export function shortageOf(catalog: Catalog, state: CustomerState, shortfall: Shortfall, scope: Scope, now: number): Shortage {
  const { featureId, required } = shortfall
  const payers = payersOf(catalog, state, featureId, scope)
  const last = payers.at(-1)
  if (last === undefined) return { featureId, poolId: null, required: unitsOf(required), remaining: 0, resetsAt: null }
  const poolId = last.grant.featureId
  const pools = [...new Set(payers.map((payer) => payer.grant.featureId))]
  const costAt = (id: string): Amount => payers.find((payer) => payer.grant.featureId === id)?.cost ?? last.cost
  const balance = balanceOf(state, poolId, scope, now)
  const others = pools
    .filter((id) => id !== poolId)
    .map((id) => converted(balanceOf(state, id, scope, now)?.remaining ?? 0n, costAt(id), last.cost))
  const remaining = others.reduce((sum, amount) => sum + amount, balance?.remaining ?? 0n)
  const room =
    shortfall.reason === 'usage_limit'
      ? (balanceOf(state, featureId, scope, now)?.windowRoom ?? balance?.windowRoom ?? remaining)
      : remaining
  return { featureId, poolId, required: unitsOf(times(required, last.cost)), remaining: unitsOf(room), resetsAt: balance?.resetsAt ?? null }
}

function converted(amount: Amount, from: Amount, to: Amount): Amount {
  return (amount * to) / from
}
