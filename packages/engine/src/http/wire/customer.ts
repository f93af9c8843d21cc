import { ownedFeatures } from '../../core/balance.ts'
import type { CustomerState } from '../../core/customer.ts'
import { type ApiVersion, V1_1, V1_2, V2_0, V2_1 } from '../apiVersion.ts'
import { renderBalance, renderFlag, type WireBalance, type WireFlag } from './balance.ts'
import { renderControls, windowUsage } from './controls.ts'
import { balance20, type Feature1x, feature1x, flag20, staticFeature1x } from './oldBalance.ts'
import { type CustomerProduct, renderCustomerProducts, renderPurchases, renderSubscriptions } from './subscription.ts'
import type { View } from './view.ts'

/** A customer in the form of an API version. `now` is the customer's time. */
export function renderCustomer(view: View, version: ApiVersion, now: number): object {
  if (version >= V2_0) return { ...identity(view), ...newestParts(view, version), ...expanded(view) }
  const products = renderCustomerProducts(view, now)
  if (version >= V1_2) return { ...identity(view), products, features: Object.fromEntries(features1x(view).map((each) => [each.id, each])) }
  const features = features1x(view).flatMap(perInterval)
  if (version >= V1_1) return { ...identity(view), products, features }
  return {
    customer: { ...identity(view), internal_id: '' },
    products: products.filter((each) => !each.is_add_on).map(product02),
    add_ons: products.filter((each) => each.is_add_on).map(product02),
    entitlements: features.map(entitlement02),
    invoices: [],
  }
}

/** An entity in the form of an API version. `now` is the customer's time. */
export function renderEntity(view: View, entity: CustomerState['entities'][number], version: ApiVersion, now: number): object {
  const head = {
    id: entity.id,
    name: entity.name,
    customer_id: view.customer.id,
    feature_id: entity.featureId,
    created_at: entity.createdAt,
    env: view.env,
  }
  if (version < V2_0) {
    const features = Object.fromEntries(features1x(view).map((each) => [each.id, each]))
    return { ...head, products: renderCustomerProducts(view, now), features }
  }
  return { ...head, ...holdings(view, version), billing_controls: renderControls(entity.controls, windowUsage(view.customer, entity.id)) }
}

function identity({ customer, env }: View): object {
  return {
    id: customer.id,
    name: customer.name,
    email: customer.email,
    created_at: customer.createdAt,
    fingerprint: customer.fingerprint,
    stripe_id: null,
    env,
    metadata: customer.metadata,
    send_email_receipts: customer.sendEmailReceipts,
  }
}

function newestParts(view: View, version: ApiVersion): object {
  return {
    billing_controls: renderControls(view.customer.controls, windowUsage(view.customer, null)),
    licenses: [],
    ...holdings(view, version),
    config: {},
  }
}

function holdings(view: View, version: ApiVersion): object {
  const subscriptions = renderSubscriptions(view)
  const balances = balancesOf(view)
  const flags = flagsOf(view)
  const newest = { subscriptions, purchases: renderPurchases(view), flags: keyed(flags) }
  if (version >= V2_1) return { ...newest, balances: keyed(balances) }
  return {
    ...newest,
    subscriptions: subscriptions.map((each) => ({ ...each, default: 'auto_enable' in each && each.auto_enable })),
    scheduled_subscriptions: [],
    balances: keyed([...balances.map(balance20), ...flags.map(flag20)]),
  }
}

/** Parts shown only when asked for. There are no payments here: everything about them is empty. */
function expanded({ customer, expand, env }: View): object {
  return {
    ...(expand.has('entities')
      ? {
          entities: customer.entities.map((each) => ({
            id: each.id,
            name: each.name,
            customer_id: customer.id,
            feature_id: each.featureId,
            created_at: each.createdAt,
            env,
          })),
        }
      : {}),
    ...(expand.has('trials_used')
      ? {
          trials_used: customer.trialsUsed.map((planId) => ({
            plan_id: planId,
            customer_id: customer.id,
            fingerprint: customer.fingerprint,
          })),
        }
      : {}),
    ...(expand.has('invoices') ? { invoices: [] } : {}),
    ...(expand.has('invoice_previews') ? { invoice_previews: [] } : {}),
    ...(expand.has('rewards') ? { rewards: null } : {}),
    ...(expand.has('referrals') ? { referrals: [] } : {}),
    ...(expand.has('payment_method') ? { payment_method: null } : {}),
  }
}

function balancesOf(view: View): readonly WireBalance[] {
  return shownFeatures(view).flatMap((id) => renderBalance(view, id) ?? [])
}

function flagsOf(view: View): readonly WireFlag[] {
  return ownedFeatures(view.catalog, view.customer, view.scope).flatMap((id) => renderFlag(view, id) ?? [])
}

/** Features that the customer has anything of; for a customer as a whole also what its entities' own plans granted. */
function shownFeatures(view: View): readonly string[] {
  if (view.scope.entityId !== null) return ownedFeatures(view.catalog, view.customer, view.scope)
  const held = new Set(view.customer.grants.map((grant) => grant.featureId))
  return [...view.catalog.features.keys()].filter((id) => held.has(id))
}

/** A record by feature id. Unlike an assignment, `fromEntries` takes any id as an own key. */
function keyed<T extends { readonly feature_id: string }>(list: readonly T[]): { readonly [featureId: string]: T } {
  return Object.fromEntries(list.map((each) => [each.feature_id, each]))
}

function features1x(view: View): readonly Feature1x[] {
  return [
    ...balancesOf(view).map((balance) => feature1x(balance, view.catalog.features.get(balance.feature_id))),
    ...flagsOf(view).map((flag) => staticFeature1x(flag, view.catalog.features.get(flag.feature_id))),
  ]
}

interface Feature11 extends Pick<Feature1x, 'interval' | 'interval_count' | 'balance' | 'usage' | 'included_usage' | 'next_reset_at'> {
  readonly feature_id: string
  readonly usage_limit: number
  readonly unlimited: boolean
  readonly overage_allowed: boolean
}

/** 1.1 lists a feature once for each of its intervals. As in Autumn, an unlimited one cannot be told there from an empty one: ask `check`. */
function perInterval(feature: Feature1x): readonly Feature11[] {
  return (feature.breakdown ?? [feature]).map((part) => ({
    feature_id: feature.id,
    interval: part.interval,
    interval_count: part.interval_count,
    balance: part.balance,
    usage: part.usage,
    included_usage: part.included_usage,
    next_reset_at: part.next_reset_at,
    usage_limit: part.usage_limit ?? part.included_usage,
    unlimited: false,
    overage_allowed: false,
  }))
}

function entitlement02(feature: Feature11): object {
  const { feature_id, unlimited, interval, balance, usage, next_reset_at, included_usage, usage_limit } = feature
  return { feature_id, unlimited, interval, balance, used: usage, next_reset_at, allowance: included_usage, usage_limit }
}

function product02(product: CustomerProduct): object {
  const { started_at } = product
  const processor = { type: 'stripe', subscription_id: null }
  return { ...product, created_at: started_at, starts_at: started_at, subscription_ids: [], prices: [], processor }
}
