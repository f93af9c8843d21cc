import type { Admission, Check, Refusal, Shortfall } from '../command.ts'
import type { Draft } from '../draft.ts'
import { fund, isEntitled, unknownOf } from './admission.ts'

/** Answers what a deduction of the same units would do, and moves nothing. */
export function decideCheck(draft: Draft, check: Check): Admission | Refusal {
  const scope = { entityId: check.entityId }
  const unknown = unknownOf(draft, check.items, scope)
  if (unknown) return unknown
  const absent: Shortfall[] = check.items
    .filter(({ featureId }) => !isEntitled(draft, featureId, scope))
    .map(({ featureId, units }) => ({ featureId, reason: 'feature_not_in_plan', required: units }))
  // A boolean feature that was granted is never short, whatever number is asked for.
  const counted = check.items.filter(({ featureId }) => draft.moment.catalog.features.get(featureId)?.type !== 'boolean')
  const { shortages } = fund(draft, { items: counted, scope, overage: 'reject', properties: check.properties })
  const all = [...absent, ...shortages.filter((shortage) => shortage.reason !== 'feature_not_in_plan')]
  return { ok: true, customer: draft.state, allowed: all.length === 0, shortages: all }
}
