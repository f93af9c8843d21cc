import type { Admission, Check, Refusal, Shortfall } from '../command.ts'
import type { Draft } from '../draft.ts'
import { fund, isEntitled, unknownOf } from './admission.ts'

/** Answers what a deduction of the same units would do, and moves nothing. */
export function decideCheck(draft: Draft, check: Check): Admission | Refusal {
  const scope = { entityId: check.entityId }
  const unknown = unknownOf(draft, check.items, scope)
  if (unknown) return unknown
  // A boolean feature that was granted is never short, whatever number is asked for.
  const counted = check.items.filter(({ featureId }) => draft.moment.catalog.features.get(featureId)?.type !== 'boolean')
  const { shortages } = fund(draft, { items: counted, scope, overage: 'reject', properties: check.properties, purpose: 'use' })
  const all = check.items.flatMap(({ featureId, units }): readonly Shortfall[] => {
    if (!isEntitled(draft, featureId, scope)) return [{ featureId, reason: 'feature_not_in_plan', required: units }]
    return shortages.filter((shortage) => shortage.featureId === featureId)
  })
  return { ok: true, customer: draft.state, allowed: all.length === 0, shortages: all }
}
