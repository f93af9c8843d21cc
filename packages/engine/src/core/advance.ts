import { lesser } from './amount.ts'
import type { Subscription } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { dueAtOf } from './dueAt.ts'
import type { Change, Settlement } from './entry.ts'
import { carriedOver, type Grant, type Rollover, remainingOf, rolloverCap } from './grant.ts'
import type { Hold } from './hold.ts'
import { addMonths, cycleEnd } from './period.ts'
import { closeGrant, endPlan, followPlan } from './plans.ts'
import { settleItem } from './settle.ts'

/** Brings a customer up to the present: resets, expiries and ends of plans, each in the order in which it fell due. */
export function advance(draft: Draft): void {
  const { now } = draft.moment
  while (draft.state.dueAt <= now) {
    const dueAt = dueAtOf(draft.state)
    // `dueAt` of a state may lie before anything is really due: a settled hold leaves it behind.
    draft.state = { ...draft.state, dueAt }
    if (dueAt > now) return
    happen(draft, dueAt)
    draft.state = { ...draft.state, dueAt: dueAtOf(draft.state) }
  }
}

/** Does the first thing that is due at an instant: holds end before the balances under them change, and balances before plans. */
function happen(draft: Draft, at: number): void {
  const { state } = draft
  const hold = state.holds.find((each) => each.expiresAt === at)
  const grant = state.grants.find(
    (each) => each.expiresAt === at || each.nextResetAt === at || each.rollovers.some((rollover) => rollover.expiresAt === at),
  )
  const subscription = state.subscriptions.find((each) => [each.expiresAt, each.trialEndsAt, each.periodEnd].includes(at))
  if (hold) expireHold(draft, hold)
  else if (grant) changeGrant(draft, grant, at)
  else if (subscription) changeSubscription(draft, subscription, at)
}

function changeGrant(draft: Draft, grant: Grant, at: number): void {
  const carried = grant.rollovers.find((each) => each.expiresAt === at)
  if (carried) expireRollover(draft, grant, carried)
  else if (grant.expiresAt === at) closeGrant(draft, grant, 'expired')
  else resetGrant(draft, grant)
}

/** Gives back what an abandoned call held. */
export function expireHold(draft: Draft, hold: Hold): void {
  const settlement: Settlement = {
    holdId: hold.id,
    outcome: 'expired',
    entityId: hold.entityId,
    items: hold.items.map((item) => settleItem(draft, hold, item, 0n, 'reject').item),
    properties: hold.properties,
  }
  change(draft, { kind: 'settled', settlement })
}

function expireRollover(draft: Draft, grant: Grant, rollover: Rollover): void {
  change(draft, { kind: 'rollover_expired', grantId: grant.id, rolloverId: rollover.id, expired: remainingOf(rollover) })
}

/** Starts the cycle that contains now: missed cycles grant nothing, and what was overdrawn is forgiven. */
function resetGrant(draft: Draft, grant: Grant): void {
  const { now, newId } = draft.moment
  const { interval, nextResetAt } = grant
  if (interval === null || nextResetAt === null) return
  const carried = carriedOver(grant)
  const expiresAfter = grant.rollover?.expiresAfterMonths ?? null
  const rollover: Rollover = {
    id: newId('roll'),
    granted: carried,
    used: 0n,
    held: 0n,
    expiresAt: expiresAfter === null ? null : addMonths(nextResetAt, expiresAfter),
  }
  const rollovers = carried > 0n ? capped([...grant.rollovers, rollover], rolloverCap(grant)) : grant.rollovers
  const kept =
    rollovers.reduce((sum, each) => sum + remainingOf(each), 0n) - grant.rollovers.reduce((sum, each) => sum + remainingOf(each), 0n)
  const next: Change = {
    kind: 'reset',
    grantId: grant.id,
    granted: grant.included + grant.prepaid,
    nextResetAt: cycleEnd(grant.anchorAt, interval, now),
    rollovers,
    expired: grant.unlimited ? 0n : remainingOf(grant) - kept,
  }
  change(draft, next)
}

/** Trims carried-over units to a cap, from the soonest-expiring ones. */
function capped(rollovers: readonly Rollover[], cap: bigint | null): readonly Rollover[] {
  if (cap === null) return rollovers
  let excess = rollovers.reduce((sum, each) => sum + remainingOf(each), 0n) - cap
  return rollovers
    .map((rollover) => {
      if (excess <= 0n) return rollover
      const trimmed = lesser(excess, remainingOf(rollover))
      excess -= trimmed
      return { ...rollover, granted: rollover.granted - trimmed }
    })
    .filter((rollover) => rollover.held !== 0n || rollover.used < rollover.granted)
}

function changeSubscription(draft: Draft, subscription: Subscription, at: number): void {
  if (subscription.expiresAt === at) {
    endPlan(draft, subscription)
    followPlan(draft, subscription)
    return
  }
  if (subscription.trialEndsAt === at) {
    change(draft, { kind: 'plan_changed', subscription: { ...subscription, trialEndsAt: null } })
    return
  }
  const billing = draft.moment.catalog.plans.get(subscription.planId)?.price?.interval ?? { unit: 'month', count: 1 }
  const periodEnd = cycleEnd(subscription.startedAt, billing, draft.moment.now)
  change(draft, { kind: 'plan_changed', subscription: { ...subscription, periodStart: at, periodEnd } })
}
