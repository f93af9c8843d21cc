import type { Amount } from './amount.ts'
import { burnDown, giveBack, merged, type Shortage } from './burnDown.ts'
import { change, type Draft, draftOf } from './draft.ts'
import type { SettledItem, Settlement } from './entry.ts'
import { withSettled } from './evolve.ts'
import type { Hold, HoldItem, HoldOutcome, OverageBehavior, Payment, Properties } from './hold.ts'
import { payersOf } from './payers.ts'
import { unwind } from './unwind.ts'
import { countInWindows } from './windows.ts'

/** How one item of a hold ends, worked out but not yet recorded. */
export interface ItemSettlement extends SettledItem {
  /** Units of the hold that became use. */
  readonly keptUnits: Amount
  /** What paid for units beyond the hold. */
  readonly spent: readonly Payment[]
  /** Units beyond the hold that nobody paid for. */
  readonly missing: Amount
  readonly shortOf: Shortage
}

/**
 * Works out how a hold ends when `units` were really used of each item. Changes nothing.
 *
 * Fewer units than held: the difference goes back, last in, first out. More: the rest is spent in the usual order. Of the other sign: all
 * goes back, and the units are spent (or given back) afresh. Every item's units go back before any item spends more, and items that share a
 * pool see what the others took.
 */
export function settlementOf(
  draft: Draft,
  hold: Hold,
  unitsOf: (item: HoldItem) => Amount,
  overage: OverageBehavior,
): readonly ItemSettlement[] {
  const items = hold.items.map((item) => returning(item, unitsOf(item)))
  if (items.every((item) => item.units === item.held)) return items
  const scratch = draftOf(withoutHold(draft, hold, items), draft.moment)
  const redirected = items.map((item) => redirecting(scratch, hold, item))
  for (const item of redirected) countReturned(scratch, hold, item)
  return redirected.map((item) => spendingMore(scratch, hold, item, overage))
}

/** Records how a hold ended, and what that means for the usage limits. */
export function settle(
  draft: Draft,
  hold: Hold,
  outcome: HoldOutcome,
  items: readonly ItemSettlement[],
  properties: Properties | null,
): Settlement {
  const settlement: Settlement = {
    holdId: hold.id,
    outcome,
    entityId: hold.entityId,
    items: items.map(({ featureId, held, units, kept, returned, extra }) => ({ featureId, held, units, kept, returned, extra })),
    properties,
  }
  change(draft, { kind: 'settled', settlement })
  for (const item of items) countReturned(draft, hold, item)
  for (const item of items) countExtra(draft, hold, item)
  return settlement
}

/** Which of an item's payments stay and which go back. */
function returning(item: HoldItem, units: Amount): ItemSettlement {
  const { featureId, units: held } = item
  const isSameSign = held < 0n ? units < 0n : units > 0n
  const keptUnits = isSameSign ? within(units, held) : 0n
  const { kept, returned } = unwind(item, keptUnits)
  return { featureId, held, units, kept, returned, extra: [], keptUnits, spent: [], missing: 0n, shortOf: 'balance' }
}

function within(units: Amount, held: Amount): Amount {
  if (held < 0n) return units < held ? held : units
  return units > held ? held : units
}

/** The customer once every item's payments are kept or returned. */
function withoutHold({ state }: Draft, hold: Hold, items: readonly ItemSettlement[]): Draft['state'] {
  return { ...state, grants: withSettled(state.grants, items), holds: state.holds.filter((each) => each.id !== hold.id) }
}

/** Units that go back to a grant of a plan that has been replaced lower the use of the plans that took its place instead. */
function redirecting(scratch: Draft, hold: Hold, item: ItemSettlement): ItemSettlement {
  const { moment } = scratch
  const extra: Payment[] = []
  for (const payment of item.returned) {
    const isGone = scratch.state.grants.every((grant) => grant.id !== payment.grantId)
    if (!isGone || payment.planId === null || payment.amount <= 0n) continue
    const takers = payersOf(moment.catalog, scratch.state, payment.poolId, { entityId: hold.entityId })
    const back = giveBack(
      scratch.state.holds,
      takers.filter((taker) => taker.grant.planId !== null),
      -payment.amount,
    )
    const payments = back.payments.map((each) => ({ ...each, cost: payment.cost }))
    spend(scratch, payments)
    extra.push(...payments)
  }
  return extra.length === 0 ? item : { ...item, extra: merged(extra) }
}

function spendingMore(scratch: Draft, hold: Hold, item: ItemSettlement, overage: OverageBehavior): ItemSettlement {
  const units = item.units - item.keptUnits
  if (units === 0n) return item
  const { featureId } = item
  const { catalog, now } = scratch.moment
  const scope = { entityId: hold.entityId }
  const { payments, missing, shortOf } = burnDown(
    catalog,
    scratch.state,
    { featureId, units, scope, overage, properties: hold.properties },
    now,
  )
  const settled: ItemSettlement = { ...item, extra: [...item.extra, ...merged(payments)], spent: payments, missing, shortOf }
  spend(scratch, payments)
  countExtra(scratch, hold, settled)
  return settled
}

function spend(scratch: Draft, payments: readonly Payment[]): void {
  const { grants } = scratch.state
  scratch.state = { ...scratch.state, grants: withSettled(grants, [{ kept: [], returned: [], extra: payments }]) }
}

function countReturned(draft: Draft, hold: Hold, { featureId, held, keptUnits, returned }: ItemSettlement): void {
  if (held === keptUnits) return
  countInWindows(draft, {
    featureId,
    scope: { entityId: hold.entityId },
    units: keptUnits - held,
    payments: returned.map((payment) => ({ ...payment, amount: -payment.amount })),
    properties: hold.properties,
    countedAt: hold.createdAt,
  })
}

function countExtra(draft: Draft, hold: Hold, { featureId, units, keptUnits, missing, spent }: ItemSettlement): void {
  if (units === keptUnits) return
  countInWindows(draft, {
    featureId,
    scope: { entityId: hold.entityId },
    units: units - keptUnits - missing,
    payments: spent,
    properties: hold.properties,
    countedAt: null,
  })
}
