import type { CustomerAccess, FeatureAccess, Features, PlanAccess } from '@tollgate/features'
import type { Balance, Customer } from 'autumn-js'
import type { Caller } from '../backend.ts'

/** What is read of a customer or of an entity: their answers have these parts in common. */
export interface Holdings {
  readonly balances: { readonly [featureId: string]: Balance }
  readonly flags: { readonly [featureId: string]: unknown }
  readonly subscriptions: readonly {
    readonly planId: string
    readonly status: string
    readonly pastDue: boolean
    readonly startedAt: number
    readonly trialEndsAt: number | null
    readonly expiresAt: number | null
  }[]
  readonly purchases: readonly { readonly planId: string; readonly startedAt: number; readonly expiresAt: number | null }[]
  readonly billingControls?: Controls | undefined
}

type Controls = Pick<Customer['billingControls'], 'usageLimits' | 'spendLimits' | 'overageAllowed'>

/** What a client may see of a customer, in Tollgate's words. */
export function accessOf(features: Features, holdings: Holdings, { customerId, entityId }: Caller, stamp: Stamp): CustomerAccess {
  const controls = holdings.billingControls ?? {}
  const balances = Object.values(holdings.balances).map((balance) => balanceAccess(features, balance, controls))
  const flags = Object.keys(holdings.flags).map((featureId): FeatureAccess => ({ featureId, type: 'boolean', granted: true }))
  return {
    customerId,
    entityId,
    ...stamp,
    features: Object.fromEntries([...balances, ...flags].map((access) => [access.featureId, access])),
    plans: [...holdings.subscriptions.map(subscriptionAccess), ...holdings.purchases.map(purchaseAccess)],
  }
}

/** When an access was read, and which of two is newer. */
export type Stamp = Pick<CustomerAccess, 'version' | 'at'>

/** One balance; `controls` are the customer's own limits, where they are known. */
export function balanceAccess(features: Features, balance: Balance, controls: Controls): FeatureAccess {
  const { featureId, granted, remaining, usage, unlimited, nextResetAt } = balance
  return {
    featureId,
    type: features[featureId]?.type === 'credit_system' ? 'credit_system' : 'metered',
    granted,
    used: usage,
    held: 0,
    remaining,
    unlimited,
    overageLeft: overageLeftOf(balance, controls),
    usageLimitLeft: usageLimitLeftOf(featureId, controls),
    resetsAt: nextResetAt,
  }
}

function overageLeftOf(balance: Balance, { spendLimits = [], overageAllowed = [] }: Controls): number | 'unlimited' {
  const { featureId, granted, usage } = balance
  const control = overageAllowed.find((each) => each.featureId === featureId)
  if (!(control?.enabled ?? balance.overageAllowed)) return 0
  const limit = spendLimits.find((each) => each.featureId === featureId && each.enabled && each.limitType !== 'usage_percentage')
  const max = limit?.overageLimit ?? balance.maxPurchase
  if (max === null) return 'unlimited'
  return Math.max(0, max - Math.max(0, usage - granted))
}

function usageLimitLeftOf(featureId: string, { usageLimits = [] }: Controls): number | 'unlimited' {
  // A limit with a filter counts only a part of the usage: what it lets through depends on the call.
  const own = usageLimits.filter((each) => each.featureId === featureId && each.enabled && each.filter === undefined)
  return own.length === 0 ? 'unlimited' : Math.min(...own.map(({ limit, usage = 0 }) => Math.max(0, limit - usage)))
}

function subscriptionAccess(held: Holdings['subscriptions'][number]): PlanAccess {
  const { planId, startedAt, trialEndsAt, expiresAt } = held
  return { planId, status: statusOf(held), startsAt: startedAt, trialEndsAt, endsAt: expiresAt }
}

function statusOf({ status, pastDue, trialEndsAt }: Holdings['subscriptions'][number]): PlanAccess['status'] {
  if (status === 'scheduled') return 'scheduled'
  if (pastDue) return 'past_due'
  return trialEndsAt === null ? 'active' : 'trialing'
}

function purchaseAccess({ planId, startedAt, expiresAt }: Holdings['purchases'][number]): PlanAccess {
  return { planId, status: 'active', startsAt: startedAt, trialEndsAt: null, endsAt: expiresAt }
}
