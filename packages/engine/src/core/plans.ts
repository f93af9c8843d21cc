import { type Amount, greater, SCALE } from './amount.ts'
import type { CatalogPlan, PlanItem, Trial } from './catalog.ts'
import type { Entity, Subscription } from './customer.ts'
import { change, type Draft } from './draft.ts'
import { type Grant, remainingOf } from './grant.ts'
import { addIntervals, cycleEnd } from './period.ts'

/** How a plan begins for a customer or one of its entities. */
export interface PlanStart {
  readonly plan: CatalogPlan
  /** Its cycles count from here. */
  readonly at: number
  readonly entityId: string | null
  readonly trial: Pick<Trial, 'length' | 'unit' | 'cardRequired'> | null
  /** Total units of prepaid features by feature id, what the plan includes counted in. */
  readonly quantities: ReadonlyMap<string, Amount>
}

/** Ends the plan that this one replaces, if any, and starts it: its items become grants. */
export function startPlan(draft: Draft, start: PlanStart): { readonly subscription: Subscription; readonly replaced: Subscription | null } {
  const { plan, entityId } = start
  const replaced = plan.addOn ? null : activeMainPlan(draft, plan.group, entityId)
  const occupied = occupiedUnits(draft, start, replaced)
  if (replaced) endPlan(draft, replaced)
  const subscription = subscriptionOf(draft, start)
  change(draft, { kind: 'plan_started', subscription })
  for (const item of plan.items) {
    if (item.perEntity !== null) {
      for (const entity of draft.state.entities) grantToEntity(draft, item, subscription, entity, start.at)
      continue
    }
    const used = occupied.get(item.featureId) ?? 0n
    occupied.delete(item.featureId)
    grantItem(draft, item, { subscription, joinedAt: start.at, entityId, perEntity: false, quantities: start.quantities, used })
  }
  return { subscription, replaced }
}

/** Grants an item that is given once per entity, if the entity is of the right feature and the plan is the customer's or its own. */
export function grantToEntity(draft: Draft, item: PlanItem, subscription: Subscription, entity: Entity, joinedAt: number): void {
  if (item.perEntity !== entity.featureId || (subscription.entityId !== null && subscription.entityId !== entity.id)) return
  const perEntity = subscription.entityId === null
  grantItem(draft, item, { subscription, joinedAt, entityId: entity.id, perEntity, quantities: new Map(), used: 0n })
}

/** Ends a plan: what its grants have left is gone. Holds on them stay and settle later. */
export function endPlan(draft: Draft, subscription: Subscription): void {
  for (const grant of draft.state.grants) if (grant.subscriptionId === subscription.id) closeGrant(draft, grant, 'plan_ended')
  change(draft, { kind: 'plan_ended', subscriptionId: subscription.id, planId: subscription.planId })
}

/** Ends one grant: what it has left, its carried-over units included, has expired. */
export function closeGrant(draft: Draft, grant: Grant, reason: 'plan_ended' | 'expired' | 'deleted'): void {
  const carried = grant.rollovers.reduce((sum, rollover) => sum + remainingOf(rollover), 0n)
  change(draft, { kind: 'closed', grantId: grant.id, reason, expired: remainingOf(grant) + carried })
}

/** After a customer's plan of a group ended: the group's plan that is enabled by itself takes its place, from that instant on. */
export function followPlan(draft: Draft, ended: Subscription, at: number): void {
  if (ended.addOn || ended.entityId !== null || activeMainPlan(draft, ended.group, null) !== null) return
  const next = autoEnabledPlans(draft).find((plan) => plan.group === ended.group && plan.id !== ended.planId)
  if (next) startPlan(draft, { plan: next, at, entityId: null, trial: null, quantities: new Map() })
}

/** Starts every plan that is enabled by itself for a new customer; of a group, the first. */
export function startAutoEnabledPlans(draft: Draft): void {
  for (const plan of autoEnabledPlans(draft)) {
    if (!plan.addOn && activeMainPlan(draft, plan.group, null) !== null) continue
    startPlan(draft, { plan, at: draft.moment.now, entityId: null, trial: plan.trial, quantities: new Map() })
  }
}

/** Plans that a customer gets without asking: only those that cost nothing. */
function autoEnabledPlans(draft: Draft): readonly CatalogPlan[] {
  return [...draft.moment.catalog.plans.values()].filter((plan) => plan.autoEnable && !plan.archived && plan.price === null)
}

export function activeMainPlan(draft: Draft, group: string, entityId: string | null): Subscription | null {
  return draft.state.subscriptions.find((each) => !each.addOn && each.group === group && each.entityId === entityId) ?? null
}

function subscriptionOf(draft: Draft, start: PlanStart): Subscription {
  const { plan, at, entityId, trial } = start
  const trialEndsAt = trial === null ? null : trialEnd(at, trial)
  const endsWithTrial = trial !== null && !trial.cardRequired
  const billing = plan.price?.interval ?? null
  return {
    id: draft.moment.newId('cus_prod'),
    planId: plan.id,
    planVersion: plan.version,
    planName: plan.name,
    group: plan.group,
    addOn: plan.addOn,
    autoEnable: plan.autoEnable,
    paid: plan.price !== null,
    entityId,
    startedAt: at,
    trialEndsAt,
    canceledAt: null,
    expiresAt: endsWithTrial ? trialEndsAt : null,
    endsWithTrial,
    billing,
    periodStart: billing ? at : null,
    periodEnd: billing ? cycleEnd(at, billing, at) : null,
    quantity: 1,
    perEntityItems: plan.items.filter((item) => item.perEntity !== null),
    controls: plan.controls,
  }
}

function trialEnd(startsAt: number, trial: Pick<Trial, 'length' | 'unit'>): number {
  return addIntervals(startsAt, { unit: trial.unit, count: trial.length }, 1)
}

interface GrantOwner {
  readonly subscription: Subscription
  /** When it comes under the plan. */
  readonly joinedAt: number
  readonly entityId: string | null
  readonly perEntity: boolean
  readonly quantities: ReadonlyMap<string, Amount>
  readonly used: Amount
}

function grantItem(draft: Draft, item: PlanItem, owner: GrantOwner): void {
  const { catalog, newId } = draft.moment
  const { subscription } = owner
  const bought = owner.quantities.get(item.featureId)
  const prepaid = item.prepaid && bought !== undefined ? wholePacks(greater(0n, bought - item.included), item.prepaid.billingUnits) : 0n
  // Units that are occupied rather than used up never come back by themselves.
  const isOccupied = catalog.features.get(item.featureId)?.consumable === false
  const interval = item.kind === 'included' && !isOccupied ? item.interval : null
  // An entity that joins later receives its share at once and starts afresh with all the others.
  const startsAt = subscription.startedAt
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
    interval,
    anchorAt: startsAt,
    nextResetAt: interval && cycleEnd(startsAt, interval, owner.joinedAt),
    expiresAt: null,
    createdAt: owner.joinedAt,
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
function occupiedUnits(draft: Draft, { plan, entityId }: PlanStart, replaced: Subscription | null): Map<string, Amount> {
  const { state, moment } = draft
  const occupied = new Map<string, Amount>()
  for (const { featureId } of plan.items) {
    const feature = moment.catalog.features.get(featureId)
    if (feature?.type !== 'metered' || feature.consumable) continue
    const grants = state.grants.filter((grant) => grant.featureId === featureId)
    const before = grants.filter((grant) => replaced !== null && grant.subscriptionId === replaced.id)
    const entities = state.entities.filter((entity) => entity.featureId === featureId).length
    if (before.length > 0) {
      occupied.set(
        featureId,
        // What a running call holds is occupied too: if it is released, it lowers the use of the plan that took over.
        before.reduce((sum, grant) => sum + grant.used + grant.held, 0n),
      )
    } else if (grants.length === 0 && entityId === null) occupied.set(featureId, BigInt(entities) * SCALE)
  }
  return occupied
}
