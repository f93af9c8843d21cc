import { type Amount, SCALE } from '../amount.ts'
import { burnDown, merged } from '../burnDown.ts'
import type { Answers, CreateEntity, DeleteEntity, Refusal, Shortfall, UpdateEntity } from '../command.ts'
import { NO_CONTROLS } from '../controls.ts'
import type { Entity } from '../customer.ts'
import { change, type Draft } from '../draft.ts'
import type { Use } from '../entry.ts'
import { payersOf } from '../payers.ts'
import { closeGrant, endPlan, grantToEntity } from '../plans.ts'
import { countFunded, unknownOf } from './admission.ts'

/** Creates an entity: it occupies one unit of its feature, if the customer holds any, and receives what plans grant per entity. */
export function decideCreateEntity(draft: Draft, create: CreateEntity): Answers['create_entity'] | Refusal {
  const { entityId, name, featureId } = create
  const unknown = unknownOf(draft, [{ featureId, units: SCALE }], { entityId: null })
  if (unknown) return unknown
  if (draft.state.entities.some((each) => each.id === entityId))
    return { ok: false, customer: draft.state, code: 'entity_exists', entityId }
  const shortage = occupy(draft, featureId, SCALE)
  if (shortage) return { ok: false, customer: draft.state, code: 'short', shortages: [shortage] }
  const entity: Entity = { id: entityId, name, featureId, createdAt: draft.moment.now, controls: NO_CONTROLS }
  change(draft, { kind: 'entity_created', entity })
  for (const subscription of draft.state.subscriptions) {
    for (const item of subscription.perEntityItems) grantToEntity(draft, item, subscription, entity, draft.moment.now)
  }
  return { ok: true, customer: draft.state, entity }
}

export function decideUpdateEntity(draft: Draft, update: UpdateEntity): Answers['update_entity'] | Refusal {
  const { entityId } = update
  const entity = draft.state.entities.find((each) => each.id === entityId)
  if (!entity) return { ok: false, customer: draft.state, code: 'entity_not_found', entityId }
  const updated: Entity = {
    ...entity,
    ...(update.name === undefined ? {} : { name: update.name }),
    ...(update.controls ? { controls: update.controls } : {}),
  }
  change(draft, { kind: 'entity_updated', entity: updated })
  return { ok: true, customer: draft.state, entity: updated }
}

/** Deletes an entity: its plans and grants end, and the unit it occupied comes back. */
export function decideDeleteEntity(draft: Draft, remove: DeleteEntity): Answers['delete_entity'] | Refusal {
  const { entityId } = remove
  const entity = draft.state.entities.find((each) => each.id === entityId)
  if (!entity) return { ok: false, customer: draft.state, code: 'entity_not_found', entityId }
  for (const subscription of draft.state.subscriptions) if (subscription.entityId === entityId) endPlan(draft, subscription)
  for (const grant of draft.state.grants) if (grant.entityId === entityId) closeGrant(draft, grant, 'deleted')
  change(draft, { kind: 'entity_deleted', entityId })
  occupy(draft, entity.featureId, -SCALE)
  return { ok: true, customer: draft.state }
}

/**
 * Takes or gives back one unit of the feature that entities occupy; a customer without that feature has none to occupy.
 *
 * Free seats may be occupied beyond their number, but not beyond the limit of those that are paid for.
 */
function occupy(draft: Draft, featureId: string, units: Amount): Shortfall | null {
  const { catalog, now } = draft.moment
  if (catalog.features.get(featureId)?.consumable !== false) return null
  const scope = { entityId: null }
  const { payments, missing, shortOf } = burnDown(catalog, draft.state, { featureId, units, scope, overage: 'cap', properties: null }, now)
  const isOwned = payersOf(catalog, draft.state, featureId, scope).length > 0
  if (isOwned && missing > 0n) return { featureId, reason: shortOf, required: units }
  if (payments.length === 0) return null
  const use: Use = { featureId, entityId: null, units, payments: merged(payments), eventName: null, properties: null, timestamp: null }
  change(draft, { kind: 'used', use })
  countFunded(draft, { featureId, units: units - missing, payments }, scope, null)
  return null
}
