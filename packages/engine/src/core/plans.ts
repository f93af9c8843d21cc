import { type Amount, greater } from './amount.ts'
import type { CatalogPlan, PlanItem, Trial } from './catalog.ts'
import type { Entity, Subscription } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { type Grant, remainingOf } from './grant.ts'
import { addMonths, cycleEnd } from './period.ts'

/** How a plan begins for a customer or one of its entities. */
export interface PlanStart {
  readonly plan: CatalogPlan
  readonly entityId: string | null
  readonly trial: Pick<Trial, 'length' | 'unit' | 'cardRequired'> | null
  /** Total units of prepaid features by feature id, what the plan includes counted in. */
  readonly quantities: ReadonlyMap<string, Amount>
}

/** Ends the plan that this one replaces, if any, and starts it: its items become grants. */
export function startPlan(draft: Draft, start: PlanStart): { readonly subscription: Subscription; readonly replaced: Subscription | null } {
  const { plan, entityId } = start
  const replaced = plan.addOn ? null : activeMainPlan(draft, plan.group, entityId)
  const occupied = occupiedUnits(draft, plan, replaced)
  if (replaced) endPlan(draft, replaced)
  const subscription = subscriptionOf(draft, start)
  change(draft, { kind: 'plan_started', subscription })
  for (const item of plan.items) {
    if (item.perEntity === null)
      grantItem(draft, item, {
        subscription,
        entityId,
        perEntity: false,
        quantities: start.quantities,
        used: occupied.get(item.featureId) ?? 0n,
      })
    else if (entityId === null) for (const entity of draft.state.entities) grantToEntity(draft, item, subscription, entity)
  }
  return { subscription, replaced }
}

/** Grants an item that is given once per entity, if the entity is of the right feature. */
export function grantToEntity(draft: Draft, item: PlanItem, subscription: Subscription, entity: Entity): void {
  if (item.perEntity !== entity.featureId) return
  grantItem(draft, item, { subscription, entityId: entity.id, perEntity: true, quantities: new Map(), used: 0n })
}

/** Ends a plan: what its grants have left is gone. Holds on them stay and settle later. */
export function endPlan(draft: Draft, subscription: Subscription): void {
  for (const grant of draft.state.grants) if (grant.subscriptionId === subscription.id) closeGrant(draft, grant, 'plan_ended')
  change(draft, { kind: 'plan_ended', subscriptionId: subscription.id, planId: subscription.planId })
}

export function closeGrant(draft: Draft, grant: Grant, reason: 'plan_ended' | 'expired' | 'deleted'): void {
  const carried = grant.rollovers.reduce((sum, rollover) => sum + greater(0n, remainingOf(rollover)), 0n)
  const expired = grant.flag || grant.unlimited ? 0n : greater(0n, remainingOf(grant)) + carried
  change(draft, { kind: 'closed', grantId: grant.id, reason, expired })
}

/** After a customer's plan of a group ended: the group's plan that is enabled by itself takes its place. */
export function followPlan(draft: Draft, ended: Subscription): void {
  if (ended.addOn || ended.entityId !== null || activeMainPlan(draft, ended.group, null) !== null) return
  const plans = [...draft.moment.catalog.plans.values()]
  const next = plans.find((plan) => plan.autoEnable && !plan.archived && plan.group === ended.group && plan.id !== ended.planId)
  if (next) startPlan(draft, { plan: next, entityId: null, trial: null, quantities: new Map() })
}

/** Starts every plan that is enabled by itself for a new customer. */
export function startAutoEnabledPlans(draft: Draft): void {
  for (const plan of draft.moment.catalog.plans.values()) {
    if (plan.autoEnable && !plan.archived && plan.price === null) {
      startPlan(draft, { plan, entityId: null, trial: plan.trial, quantities: new Map() })
    }
  }
}

export function activeMainPlan(draft: Draft, group: string, entityId: string | null): Subscription | null {
  return draft.state.subscriptions.find((each) => !each.addOn && each.group === group && each.entityId === entityId) ?? null
}

function subscriptionOf(draft: Draft, start: PlanStart): Subscription {
  const { plan, entityId, trial } = start
  const { now, newId } = draft.moment
  const trialEndsAt = trial === null ? null : trialEnd(now, trial)
  const billing = plan.price?.interval ?? null
  return {
    id: newId('cus_prod'),
    planId: plan.id,
    planVersion: plan.version,
    planName: plan.name,
    group: plan.group,
    addOn: plan.addOn,
    autoEnable: plan.autoEnable,
    paid: plan.price !== null,
    entityId,
    startedAt: now,
    trialEndsAt,
    canceledAt: null,
    // A trial that asks for no card has nobody to bill afterwards: the plan ends with it.
    expiresAt: trial !== null && !trial.cardRequired ? trialEndsAt : null,
    periodStart: billing ? now : null,
    periodEnd: billing ? cycleEnd(now, billing, now) : null,
    quantity: 1,
    perEntityItems: plan.items.filter((item) => item.perEntity !== null),
    controls: plan.controls,
  }
}

function trialEnd(now: number, trial: Pick<Trial, 'length' | 'unit'>): number {
  if (trial.unit === 'day') return now + trial.length * 86_400_000
  return addMonths(now, trial.length * (trial.unit === 'year' ? 12 : 1))
}

interface GrantOwner {
  readonly subscription: Subscription
  readonly entityId: string | null
  readonly perEntity: boolean
  readonly quantities: ReadonlyMap<string, Amount>
  readonly used: Amount
}

function grantItem(draft: Draft, item: PlanItem, owner: GrantOwner): void {
  const { now, newId } = draft.moment
  const { subscription } = owner
  const bought = owner.quantities.get(item.featureId)
  const prepaid = item.prepaid && bought !== undefined ? wholePacks(greater(0n, bought - item.included), item.prepaid.billingUnits) : 0n
  const resets = item.kind === 'included' ? item.interval : null
  const grant: Grant = {
    id: newId('cus_ent'),
    featureId: item.featureId,
    planId: subscription.planId,
    subscriptionId: subscription.id,
    itemId: item.id,
    entityId: owner.entityId,
    perEntity: owner.perEntity,
    flag: item.kind === 'granted',
    unlimited: item.kind === 'unlimited',
    included: item.included,
    prepaid,
    interval: resets,
    anchorAt: now,
    nextResetAt: resets ? cycleEnd(now, resets, now) : null,
    expiresAt: null,
    createdAt: now,
    addOn: subscription.addOn,
    overage: item.overage,
    rollover: item.rollover,
    price: item.price,
    cycle: 0,
    granted: item.included + prepaid,
    used: owner.used,
    held: 0n,
    rollovers: [],
  }
  change(draft, { kind: 'granted', grant })
}

function wholePacks(units: Amount, pack: Amount): Amount {
  return ((units + pack - 1n) / pack) * pack
}

/** Allocated units stay occupied over a change of plan: what the old plan counted, or the entities that exist. */
function occupiedUnits(draft: Draft, plan: CatalogPlan, replaced: Subscription | null): ReadonlyMap<string, Amount> {
  const { state, moment } = draft
  const occupied = new Map<string, Amount>()
  for (const { featureId } of plan.items) {
    const feature = moment.catalog.features.get(featureId)
    if (feature?.type !== 'metered' || feature.consumable) continue
    const grants = state.grants.filter((grant) => grant.featureId === featureId)
    const before = grants.filter((grant) => replaced !== null && grant.subscriptionId === replaced.id)
    const counted = before.reduce((sum, grant) => sum + grant.used, 0n)
    const entities = state.entities.filter((entity) => entity.featureId === featureId).length
    if (before.length > 0) occupied.set(featureId, counted)
    else if (grants.length === 0) occupied.set(featureId, BigInt(entities) * 10_000_000_000n)
  }
  return occupied
}
