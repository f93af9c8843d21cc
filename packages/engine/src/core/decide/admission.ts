import { burnDown } from '../burnDown.ts'
import type { FeatureUnits, Refusal, Shortfall } from '../command.ts'
import type { CustomerState } from '../customer.ts'
import type { Draft } from '../draft.ts'
import { evolve } from '../evolve.ts'
import type { HoldItem, OverageBehavior, Properties } from '../hold.ts'
import { isSpendable, payersOf, type Scope } from '../payers.ts'

export interface Wish {
  readonly items: readonly FeatureUnits[]
  readonly scope: Scope
  readonly overage: OverageBehavior
  readonly properties: Properties | null
}

export interface Funding {
  /** What was found for each item, in the order asked. */
  readonly items: readonly HoldItem[]
  readonly shortages: readonly Shortfall[]
}

/** Finds the units for several features at once; each item sees what the items before it took. Changes nothing. */
export function fund(draft: Draft, wish: Wish): Funding {
  const { moment } = draft
  const { scope, overage, properties } = wish
  const items: HoldItem[] = []
  const shortages: Shortfall[] = []
  let state = draft.state
  for (const { featureId, units } of wish.items) {
    const owned = payersOf(moment.catalog, state, featureId, scope).length > 0
    const burnt = burnDown(moment.catalog, state, { featureId, units, scope, overage, properties }, moment.now)
    const paid = units - burnt.missing
    items.push({ featureId, units: paid, payments: burnt.payments })
    if (units > 0n && (!owned || (overage === 'reject' && burnt.missing > 0n))) {
      shortages.push({ featureId, reason: owned ? burnt.shortOf : 'feature_not_in_plan', required: units })
    }
    if (wish.items.length > 1) state = paying(state, items.slice(-1), moment.now)
  }
  return { items, shortages }
}

/** Whether the customer, or the entity, holds anything of a feature, directly or through a pool. */
export function isEntitled(draft: Draft, featureId: string, scope: Scope): boolean {
  const isFlag = draft.state.grants.some((grant) => grant.flag && grant.featureId === featureId && isSpendable(grant, scope))
  return isFlag || payersOf(draft.moment.catalog, draft.state, featureId, scope).length > 0
}

/** The first feature that does not exist, or entity that does not: a mistake of the caller's. */
export function unknownOf(draft: Draft, items: readonly FeatureUnits[], scope: Scope): Refusal | null {
  const { state, moment } = draft
  for (const { featureId } of items) {
    if (!moment.catalog.features.has(featureId)) return { ok: false, customer: state, code: 'feature_not_found', featureId }
  }
  const { entityId } = scope
  if (entityId !== null && !state.entities.some((entity) => entity.id === entityId))
    return { ok: false, customer: state, code: 'entity_not_found', entityId }
  return null
}

function paying(state: CustomerState, items: readonly HoldItem[], now: number): CustomerState {
  let paid = state
  for (const item of items) {
    const use = {
      featureId: item.featureId,
      entityId: null,
      units: item.units,
      payments: item.payments,
      eventName: null,
      properties: null,
      timestamp: null,
    }
    paid = evolve(paid, { kind: 'used', use }, now)
  }
  return paid
}
