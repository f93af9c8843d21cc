import type { Answers, Attach, Cancel, Refusal } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import { activeMainPlan, endPlan, followPlan, startPlan } from '../plans.ts'
import { unknownOf } from './admission.ts'

/** Gives the customer, or one of its entities, a plan at once. */
export function decideAttach(draft: Draft, attach: Attach): Answers['attach'] | Refusal {
  const { planId, entityId } = attach
  const plan = draft.moment.catalog.plans.get(planId)
  if (!plan) return { ok: false, customer: draft.state, code: 'plan_not_found', planId }
  const unknown = unknownOf(draft, [], { entityId })
  if (unknown) return unknown
  if (!plan.addOn && activeMainPlan(draft, plan.group, entityId)?.planId === planId) {
    return { ok: false, customer: draft.state, code: 'plan_already_attached', planId }
  }
  const ownTrial = draft.state.trialsUsed.includes(planId) ? null : plan.trial
  const trial = attach.trial === 'once' ? ownTrial : attach.trial === 'none' ? null : { ...attach.trial, cardRequired: false }
  const quantities = new Map(attach.quantities.map(({ featureId, units }) => [featureId, units]))
  const { subscription, replaced } = startPlan(draft, { plan, at: draft.moment.now, entityId, trial, quantities })
  return { ok: true, customer: draft.state, subscription, replaced }
}

/** Ends a plan, now or at the end of what is paid for. A free plan is paid for nothing ahead and ends now. */
export function decideCancel(draft: Draft, cancel: Cancel): Answers['cancel'] | Refusal {
  const { planId, entityId, when } = cancel
  const subscription = draft.state.subscriptions.findLast((each) => each.planId === planId && each.entityId === entityId)
  if (!subscription) return { ok: false, customer: draft.state, code: 'plan_not_attached', planId }
  const { now } = draft.moment
  if (when === 'uncancel') {
    const resumed = { ...subscription, canceledAt: null, expiresAt: subscription.endsWithTrial ? subscription.trialEndsAt : null }
    change(draft, { kind: 'plan_changed', subscription: resumed })
    return { ok: true, customer: draft.state, subscription: resumed }
  }
  const end = subscription.trialEndsAt ?? subscription.periodEnd
  const canceled = { ...subscription, canceledAt: now, expiresAt: when === 'period_end' ? end : now }
  if (when === 'period_end' && end !== null) {
    change(draft, { kind: 'plan_changed', subscription: canceled })
  } else {
    endPlan(draft, subscription)
    followPlan(draft, subscription, now)
  }
  return { ok: true, customer: draft.state, subscription: canceled }
}
