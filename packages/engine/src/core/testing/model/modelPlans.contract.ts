import type { Catalog, CatalogPlan, PlanItem } from '../../catalog.ts'
import { boundary, cycleAround } from './calendar.contract.ts'
import { atLeastZero, type EntityHeld, type Heap, heldOf, type ModelState, ONE, type PlanHeld, sum } from './modelState.contract.ts'

interface Begin {
  readonly plan: CatalogPlan
  readonly at: number
  readonly entity: string | null
  readonly trial: { readonly length: number; readonly unit: 'day' | 'month' | 'year'; readonly cardRequired: boolean } | null
  readonly quantities: ReadonlyMap<string, bigint>
}

/** A plan begins: it takes the place of the one of its group, and all its items become heaps. */
export function begin(catalog: Catalog, state: ModelState, { plan, at, entity, trial, quantities }: Begin): void {
  const replaced = plan.addOn ? undefined : mainPlanOf(state, plan.group, entity)
  const seats = seatsTaken(catalog, state, plan, replaced, entity)
  if (replaced) end(state, replaced)
  const billing = plan.price?.interval ?? null
  const trialEndsAt = trial && boundary(at, { unit: trial.unit, count: trial.length }, 1)
  const trialOnly = trial !== null && !trial.cardRequired
  const held: PlanHeld = {
    planId: plan.id,
    group: plan.group,
    addOn: plan.addOn,
    entity,
    since: at,
    trialOnly,
    billing,
    perEntityItems: plan.items.filter((item) => item.perEntity !== null),
    controls: plan.controls,
    trialEndsAt,
    endsAt: trialOnly ? trialEndsAt : null,
    canceled: false,
    periodEndsAt: billing && boundary(at, billing, 1),
  }
  state.plans.push(held)
  if (trialEndsAt !== null && !state.trialsUsed.includes(plan.id)) state.trialsUsed.push(plan.id)
  for (const item of plan.items) {
    if (item.perEntity === null) {
      const heap = heapOf(catalog, item, held, at, entity, false, quantities.get(item.featureId))
      heap.used = seats.get(item.featureId) ?? 0n
      seats.delete(item.featureId)
      state.heaps.push(heap)
    } else for (const each of state.entities) join(catalog, state, held, item, each, at)
  }
}

/** An entity receives its share of an item that is granted per entity. */
export function join(catalog: Catalog, state: ModelState, plan: PlanHeld, item: PlanItem, entity: EntityHeld, at: number): void {
  if (item.perEntity !== entity.feature) return
  if (plan.entity !== null && plan.entity !== entity.id) return
  state.heaps.push(heapOf(catalog, item, plan, at, entity.id, plan.entity === null, undefined))
}

function heapOf(
  catalog: Catalog,
  item: PlanItem,
  plan: PlanHeld,
  at: number,
  entity: string | null,
  perEntity: boolean,
  quantity: bigint | undefined,
): Heap {
  const pack = item.prepaid?.billingUnits ?? null
  const beyond = atLeastZero((quantity ?? 0n) - item.included)
  const prepaid = pack === null ? 0n : ((beyond + pack - 1n) / pack) * pack
  const resets = item.kind === 'included' && catalog.features.get(item.featureId)?.consumable !== false
  const interval = resets ? item.interval : null
  return {
    name: null,
    feature: item.featureId,
    plan,
    entity,
    perEntity,
    flag: item.kind === 'granted',
    unlimited: item.kind === 'unlimited',
    prepaid,
    interval,
    overage: item.overage,
    rollover: item.rollover,
    since: at,
    included: item.included,
    anchor: plan.since,
    resetAt: interval && cycleAround(plan.since, interval, at).endsAt,
    endsAt: null,
    turn: 0,
    granted: item.included + prepaid,
    used: 0n,
    carried: [],
  }
}

export function mainPlanOf(state: ModelState, group: string, entity: string | null): PlanHeld | undefined {
  return state.plans.find((plan) => !plan.addOn && plan.group === group && plan.entity === entity)
}

export function end(state: ModelState, plan: PlanHeld): void {
  state.heaps = state.heaps.filter((heap) => heap.plan !== plan)
  state.plans = state.plans.filter((each) => each !== plan)
}

/** When a customer's plan has ended, the free one of its group that enables itself begins at that instant. */
export function follow(catalog: Catalog, state: ModelState, ended: PlanHeld, at: number): void {
  if (ended.addOn || ended.entity !== null || mainPlanOf(state, ended.group, null)) return
  const next = selfEnabled(catalog).find((plan) => plan.group === ended.group && plan.id !== ended.planId)
  if (next) begin(catalog, state, { plan: next, at, entity: null, trial: null, quantities: new Map() })
}

export function selfEnabled(catalog: Catalog): readonly CatalogPlan[] {
  return [...catalog.plans.values()].filter((plan) => plan.autoEnable && plan.price === null && !plan.archived)
}

/** Seats stay taken when the plan changes: as many as the old plan counted, or as there are entities. */
function seatsTaken(
  catalog: Catalog,
  state: ModelState,
  plan: CatalogPlan,
  replaced: PlanHeld | undefined,
  entity: string | null,
): Map<string, bigint> {
  const taken = new Map<string, bigint>()
  for (const { featureId } of plan.items) {
    const feature = catalog.features.get(featureId)
    if (feature?.type !== 'metered' || feature.consumable) continue
    const all = state.heaps.filter((heap) => heap.feature === featureId)
    const old = all.filter((heap) => replaced !== undefined && heap.plan === replaced)
    if (old.length > 0) taken.set(featureId, sum(old.map((heap) => heap.used + heldOf(state, heap))))
    else if (all.length === 0 && entity === null)
      taken.set(featureId, ONE * BigInt(state.entities.filter((each) => each.feature === featureId).length))
  }
  return taken
}
