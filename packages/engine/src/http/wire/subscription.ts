import type { Subscription } from '../../core/customer.ts'
import { renderPlan } from './plan.ts'
import { renderProductItems } from './product.ts'
import type { View } from './view.ts'

/** The plans that a customer or an entity holds and that go on: an entity's own, then those of its customer. */
export function renderSubscriptions(view: View): readonly object[] {
  return held(view)
    .filter((each) => !isPurchase(each))
    .map((each) => renderSubscription(view, each))
}

/** Plans that were paid once. */
export function renderPurchases(view: View): readonly object[] {
  return held(view)
    .filter(isPurchase)
    .map((each) => ({
      ...expandedPlan(view, each, 'purchases.plan'),
      plan_id: each.planId,
      expires_at: each.expiresAt,
      started_at: each.startedAt,
      quantity: each.quantity,
      scope: scopeOf(each),
    }))
}

/** A plan that a customer holds, as API 1.x knows it. */
export interface CustomerProduct {
  readonly id: string
  readonly is_add_on: boolean
  readonly started_at: number
  readonly [field: string]: unknown
}

/** The same plans as API 1.x knows them. */
export function renderCustomerProducts(view: View, now: number): readonly CustomerProduct[] {
  const subscriptions = [...held(view)].sort((a, b) => Number(a.addOn) - Number(b.addOn))
  return subscriptions.map((each) => {
    const plan = view.catalog.plans.get(each.planId)
    const isTrialing = each.trialEndsAt !== null && each.trialEndsAt > now
    return {
      id: each.planId,
      name: each.planName,
      group: each.group,
      status: isTrialing ? 'trialing' : 'active',
      canceled_at: each.canceledAt,
      started_at: each.startedAt,
      is_default: each.autoEnable,
      is_add_on: each.addOn,
      version: each.planVersion,
      current_period_start: each.periodStart,
      current_period_end: each.periodEnd,
      items: plan ? renderProductItems(view.catalog, plan, { featureNames: 'always', firstItemSaysHowOften: false }) : null,
      quantity: each.quantity,
    }
  })
}

function held(view: View): readonly Subscription[] {
  const { subscriptions } = view.customer
  const { entityId } = view.scope
  const ofCustomer = subscriptions.filter((each) => each.entityId === null)
  return entityId === null ? ofCustomer : [...subscriptions.filter((each) => each.entityId === entityId), ...ofCustomer]
}

function renderSubscription(view: View, subscription: Subscription): object {
  return {
    id: subscription.id,
    ...expandedPlan(view, subscription, 'subscriptions.plan'),
    plan_id: subscription.planId,
    auto_enable: subscription.autoEnable,
    add_on: subscription.addOn,
    status: 'active',
    past_due: false,
    canceled_at: subscription.canceledAt,
    expires_at: subscription.expiresAt,
    trial_ends_at: subscription.trialEndsAt,
    started_at: subscription.startedAt,
    current_period_start: subscription.periodStart,
    current_period_end: subscription.periodEnd,
    quantity: subscription.quantity,
    scope: scopeOf(subscription),
  }
}

function expandedPlan(view: View, subscription: Subscription, key: string): { readonly plan?: object } {
  const plan = view.expand.has(key) ? view.catalog.plans.get(subscription.planId) : undefined
  return plan ? { plan: renderPlan(view.catalog, plan, view.env) } : {}
}

function isPurchase(subscription: Subscription): boolean {
  return subscription.paid && subscription.periodEnd === null
}

function scopeOf(subscription: Subscription): 'customer' | 'entity' {
  return subscription.entityId === null ? 'customer' : 'entity'
}
