import type { CustomerAccess, FeatureAccess, PlanAccess } from '@tollgate/features'
import { type Amount, unitsOf } from './core/amount.ts'
import { type Balance, balanceOf, hasFlag, ownedFeatures } from './core/balance.ts'
import type { Catalog } from './core/catalog.ts'
import type { CustomerState, Subscription } from './core/customer.ts'

/** What a client may see of a customer: balances, flags and plans, as plain JSON. `now` is the customer's time. */
export function accessOf(catalog: Catalog, state: CustomerState, entityId: string | null, now: number): CustomerAccess {
  const scope = { entityId }
  const features: (readonly [featureId: string, FeatureAccess])[] = []
  for (const featureId of ownedFeatures(catalog, state, scope)) {
    const type = catalog.features.get(featureId)?.type ?? 'metered'
    if (type === 'boolean') {
      features.push([featureId, { featureId, type, granted: hasFlag(state, featureId, scope) }])
      continue
    }
    const balance = balanceOf(state, featureId, scope, now)
    if (balance) features.push([featureId, balanceAccess(balance, type)])
  }
  return {
    customerId: state.id,
    entityId,
    version: state.seq,
    at: now,
    features: Object.fromEntries(features),
    plans: state.subscriptions.filter((each) => each.entityId === null || each.entityId === entityId).map(planAccess),
  }
}

function balanceAccess(balance: Balance, type: 'metered' | 'credit_system'): FeatureAccess {
  return {
    featureId: balance.featureId,
    type,
    granted: unitsOf(balance.granted),
    used: unitsOf(balance.used),
    held: unitsOf(balance.held),
    remaining: unitsOf(balance.remaining),
    unlimited: balance.unlimited,
    overageLeft: unlimitedOr(balance.overageRoom),
    usageLimitLeft: unlimitedOr(balance.windowRoom),
    resetsAt: balance.resetsAt,
  }
}

function unlimitedOr(amount: Amount | null): number | 'unlimited' {
  return amount === null ? 'unlimited' : unitsOf(amount)
}

function planAccess(subscription: Subscription): PlanAccess {
  const { planId, startedAt, trialEndsAt, expiresAt } = subscription
  return { planId, status: trialEndsAt === null ? 'active' : 'trialing', startsAt: startedAt, trialEndsAt, endsAt: expiresAt }
}
