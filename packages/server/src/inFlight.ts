import type { Features } from '@tollgate/features'
import type { FeatureUnits } from './backends/backend.ts'
import type { MeteringCore } from './core.ts'

/** How many calls of a customer may run at once, as a feature: each running call holds one unit of it. */
export interface InFlight<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  /** For customers whose plans say nothing of the feature; null: the plans say how many. */
  readonly limit: number | null
}

/**
 * Lets only so many calls of a customer run at once. What a call holds comes back when it ends, however it ends, and expires with a
 * process that died.
 *
 * Where a plan includes the feature, the plan's number counts; the limit given here is for all other customers.
 * @example meteredProcedure('image_gen', { units: 1, inFlight: inFlight('generations', 3) })
 */
export function inFlight<const $Id extends string>(featureId: $Id, limit?: number): InFlight<$Id> {
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
    throw new Error(`inFlight('${featureId}', ${limit}): give a whole number of calls from 1`)
  return { featureId, limit: limit ?? null }
}

/** What is to be allotted before a call is let in; null when plans alone say how much. Throws on what cannot be. */
export function allowanceOf({ features, backend }: MeteringCore, { featureId, limit }: InFlight): FeatureUnits | null {
  const type = typeOf(features, featureId)
  if (type !== 'metered')
    throw new Error(`inFlight('${featureId}'): calls in flight are counted by a metered feature; declare ${featureId}: metered()`)
  if (backend.canHold?.(featureId) === false)
    throw new Error(
      `inFlight('${featureId}'): this backend cannot hold units of an allocated feature for as long as a call runs; declare ${featureId}: metered()`,
    )
  if (limit === null) return null
  if (backend.allot === undefined)
    throw new Error(
      `inFlight('${featureId}', ${limit}): this backend takes allowances from plans alone: include '${featureId}' in one, and drop the number`,
    )
  return { featureId, units: limit }
}

function typeOf(features: Features, id: string): string | undefined {
  return Object.hasOwn(features, id) ? features[id]?.type : undefined
}
