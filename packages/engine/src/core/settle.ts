import type { Amount } from './amount.ts'
import { burnDown, type Shortage } from './burnDown.ts'
import type { Draft } from './draft.ts'
import type { SettledItem } from './entry.ts'
import { evolve } from './evolve.ts'
import type { Hold, HoldItem, OverageBehavior, Payment } from './hold.ts'
import { excessOf, unwind } from './unwind.ts'

export interface ItemSettlement {
  readonly item: SettledItem
  /** Units beyond the hold that nobody paid for. */
  readonly missing: Amount
  readonly shortOf: Shortage
}

/**
 * Works out how one item of a hold ends when `units` were really used. Changes nothing.
 *
 * Fewer units than held: the difference goes back, last in, first out. More: the rest is spent in the usual order.
 * Of the other sign: all goes back, and the units are spent (or given back) afresh.
 */
export function settleItem(draft: Draft, hold: Hold, item: HoldItem, units: Amount, overage: OverageBehavior): ItemSettlement {
  const sameSign = item.units < 0n ? units < 0n : units > 0n
  const keptUnits = units === 0n || !sameSign ? 0n : within(units, item.units)
  const { kept, returned } = unwind(item, keptUnits)
  const corrections = [...excessOf(draft.state, returned), ...redirected(draft, hold, item, returned)]
  const rest = units - keptUnits
  if (rest === 0n)
    return {
      item: { featureId: item.featureId, held: item.units, units, kept, returned, extra: corrections },
      missing: 0n,
      shortOf: 'balance',
    }

  const { moment } = draft
  const afterReturn = evolve(draft.state, settledChange(hold, item, kept, returned, corrections), moment.now)
  const spend = { featureId: item.featureId, units: rest, scope: { entityId: hold.entityId }, overage, properties: hold.properties }
  const burnt = burnDown(moment.catalog, afterReturn, spend, moment.now)
  const extra = [...corrections, ...burnt.payments]
  return {
    item: { featureId: item.featureId, held: item.units, units, kept, returned, extra },
    missing: burnt.missing,
    shortOf: burnt.shortOf,
  }
}

function within(units: Amount, held: Amount): Amount {
  if (held < 0n) return units < held ? held : units
  return units > held ? held : units
}

/** Units that go back to a grant of a plan that has been replaced lower the use of the grants that took its place. */
function redirected(draft: Draft, hold: Hold, item: HoldItem, returned: readonly Payment[]): readonly Payment[] {
  const vanished = returned.filter((payment) => payment.amount > 0n && !draft.state.grants.some((grant) => grant.id === payment.grantId))
  if (vanished.length === 0) return []
  const pools = new Map<string, Amount>()
  for (const payment of vanished) pools.set(payment.poolId, (pools.get(payment.poolId) ?? 0n) + payment.amount)
  const { moment, state } = draft
  return [...pools].flatMap(([poolId, amount]) => {
    const spend = { featureId: poolId, units: -amount, scope: { entityId: hold.entityId }, overage: 'cap', properties: null } as const
    const cost = item.payments.find((payment) => payment.poolId === poolId)?.cost
    return burnDown(moment.catalog, state, spend, moment.now).payments.map((payment) =>
      cost === undefined ? payment : { ...payment, cost },
    )
  })
}

function settledChange(hold: Hold, item: HoldItem, kept: readonly Payment[], returned: readonly Payment[], extra: readonly Payment[]) {
  const settled: SettledItem = { featureId: item.featureId, held: item.units, units: 0n, kept, returned, extra }
  return {
    kind: 'settled',
    settlement: { holdId: hold.id, outcome: 'committed', entityId: hold.entityId, items: [settled], properties: null },
  } as const
}
