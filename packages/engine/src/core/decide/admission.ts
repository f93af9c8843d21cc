import { burnDown } from '../burnDown.ts'
import type { FeatureUnits, Refusal, Shortfall } from '../command.ts'
import { change, type Draft, draftOf } from '../draft.ts'
import type { HoldItem, OverageBehavior, Properties } from '../hold.ts'
import { isSpendable, payersOf, type Scope } from '../payers.ts'
import { countInWindows } from '../windows.ts'

export interface Wish {
  readonly items: readonly FeatureUnits[]
  readonly scope: Scope
  readonly overage: OverageBehavior
  readonly properties: Properties | null
  /** Whether the units are used at once or set aside: what is only set aside cannot be given back by a later item. */
  readonly purpose: 'use' | 'hold'
}

export interface Funding {
  /** What was found for each item, in the order asked. */
  readonly items: readonly HoldItem[]
  readonly shortages: readonly Shortfall[]
}

/** Finds the units for several features at once; each item sees what the items before it took. Changes nothing. */
export function fund(draft: Draft, wish: Wish): Funding {
  const { items, scope, overage, properties } = wish
  const scratch = draftOf(draft.state, draft.moment)
  const { catalog, now } = draft.moment
  const funded: HoldItem[] = []
  const shortages: Shortfall[] = []
  for (const { featureId, units } of items) {
    const { payments, missing, shortOf } = burnDown(catalog, scratch.state, { featureId, units, scope, overage, properties }, now)
    const item: HoldItem = { featureId, units: units - missing, payments }
    funded.push(item)
    if (units > 0n && missing > 0n) {
      const isOwned = payments.length > 0 || payersOf(catalog, scratch.state, featureId, scope).length > 0
      if (!isOwned) shortages.push({ featureId, reason: 'feature_not_in_plan', required: units })
      else if (overage === 'reject') shortages.push({ featureId, reason: shortOf, required: units })
    }
    if (items.length > 1) take(scratch, item, wish)
  }
  return { items: funded, shortages }
}

/** Counts what was funded under the usage limits. */
export function countFunded(draft: Draft, item: HoldItem, scope: Scope, properties: Properties | null): void {
  countInWindows(draft, { ...item, scope, properties, countedAt: null })
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

function take(scratch: Draft, item: HoldItem, { scope, properties, purpose }: Wish): void {
  const { featureId, units, payments } = item
  const { entityId } = scope
  if (purpose === 'use') {
    change(scratch, { kind: 'used', use: { featureId, entityId, units, payments, eventName: null, properties, timestamp: null } })
  } else {
    const { now, newId } = scratch.moment
    const hold = {
      id: newId('scratch'),
      operation: null,
      entityId,
      createdAt: now,
      expiresAt: now,
      overage: 'reject',
      items: [item],
      properties,
    } as const
    change(scratch, { kind: 'held', hold })
  }
  countFunded(scratch, item, scope, properties)
}
