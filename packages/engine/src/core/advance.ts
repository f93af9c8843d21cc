import type { Amount } from './amount.ts'
import type { Subscription } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { type Grant, type Rollover, remainingOf, rolloversAfter } from './grant.ts'
import type { Hold } from './hold.ts'
import { cycleAt, cycleEnd } from './period.ts'
import { closeGrant, endPlan, followPlan } from './plans.ts'
import { settle, settlementOf } from './settle.ts'

/** Brings a customer up to the present: resets, expiries and ends of plans, each in the order in which it fell due. */
export function advance(draft: Draft): void {
  while (draft.state.dueAt <= draft.moment.now) happen(draft, draft.state.dueAt)
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
function expireHold(draft: Draft, hold: Hold): void {
  settle(
    draft,
    hold,
    'expired',
    settlementOf(draft, hold, () => 0n, 'reject'),
    hold.properties,
  )
}

function expireRollover(draft: Draft, grant: Grant, rollover: Rollover): void {
  change(draft, { kind: 'rollover_expired', grantId: grant.id, rolloverId: rollover.id, expired: remainingOf(rollover) })
}

/** Starts the cycle that contains now: missed cycles grant nothing, and what was overdrawn is forgiven. */
function resetGrant(draft: Draft, grant: Grant): void {
  const { now, newId } = draft.moment
  const { interval } = grant
  const rollovers = rolloversAfter(grant, () => newId('roll'))
  change(draft, {
    kind: 'reset',
    grantId: grant.id,
    granted: grant.included + grant.prepaid,
    nextResetAt: interval && cycleEnd(grant.anchorAt, interval, now),
    rollovers,
    expired: remainingOf(grant) + carriedOf(grant.rollovers) - carriedOf(rollovers),
  })
}

function carriedOf(rollovers: readonly Rollover[]): Amount {
  return rollovers.reduce((sum, each) => sum + remainingOf(each), 0n)
}

function changeSubscription(draft: Draft, subscription: Subscription, at: number): void {
  const { billing } = subscription
  if (subscription.expiresAt === at) {
    endPlan(draft, subscription)
    followPlan(draft, subscription, at)
  } else if (subscription.trialEndsAt === at) {
    change(draft, { kind: 'plan_changed', subscription: { ...subscription, trialEndsAt: null } })
  } else {
    const period = billing && cycleAt(subscription.startedAt, billing, draft.moment.now)
    const renewed = { ...subscription, periodStart: period?.startsAt ?? null, periodEnd: period?.endsAt ?? null }
    change(draft, { kind: 'plan_changed', subscription: renewed })
  }
}
