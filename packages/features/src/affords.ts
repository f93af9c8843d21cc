import type { CustomerAccess } from './access.ts'
import type { Payer, Shortage } from './decision.ts'
import { MAX_AMOUNT, partsOf, unitsOf } from './exact.ts'
import type { Features } from './feature.ts'
import type { FeatureId } from './featureId.ts'
import { ceiling, type Fraction, floor, fractionOf, isLess, isZero, plus, times, ZERO } from './fraction.ts'
import { capacityOf, lesserRoom, type Room, type Share, type Source, sourcesOf, spend } from './source.ts'

/** The units are there. */
export interface Affordable<TFeatureId extends string = string> {
  readonly allowed: true
  readonly featureId: TFeatureId
  /** The balance that pays for the last unit: the feature's own or a pool; null for a boolean feature. */
  readonly poolId: TFeatureId | null
  /** What that balance pays, in its own units. */
  readonly required: number
  /** What that balance has left before it pays, in its own units. */
  readonly remaining: number | 'unlimited'
  /** When that balance resets, in milliseconds since the epoch; null when it does not. */
  readonly resetsAt: number | null
  /** All that pay, in their order; none for a boolean feature and for 0 units. */
  readonly payers: readonly Payer<TFeatureId>[]
  /** The most units that one call may take. */
  readonly unitsLeft: number | 'unlimited'
}

/** The units are not there; the balance that is short is told as in a denial. */
export interface Unaffordable<TFeatureId extends string = string> extends Shortage<TFeatureId> {
  readonly allowed: false
  readonly reason: 'feature_not_in_plan' | 'limit_reached' | 'usage_limit_reached'
  /** Nobody pays for a part of a call. */
  readonly payers: readonly []
  /** The most units that one call may take. */
  readonly unitsLeft: number
}

/** Whether units of a feature are there, and who would pay. */
export type Affordance<TFeatureId extends string = string> = Affordable<TFeatureId> | Unaffordable<TFeatureId>

/**
 * Whether a customer may use so many units of a feature, and who would pay: what a deduction at this moment finds.
 *
 * The feature's own balance pays first, then every pool that lists the feature, in the order of the registry and at its cost, each down
 * to zero; then those that may be overdrawn, in the same order. They add up. An unlimited balance comes before all others. The
 * arithmetic is exact to ten decimal places: 0.1 + 0.2 units are there when 0.3 are left. A boolean feature has no units: it is granted or not.
 * Throws a `RangeError` unless `units` is a number from 0 to 10¹³.
 */
export function affords<$Features extends Features>(
  features: $Features,
  access: CustomerAccess,
  featureId: FeatureId<$Features>,
  units = 1,
): Affordance<FeatureId<$Features>> {
  if (!(units >= 0 && units <= MAX_AMOUNT)) {
    throw new RangeError(`affords() was asked for ${units} units: ask for a number from 0 to 10,000,000,000,000`)
  }
  const own = Object.hasOwn(access.features, featureId) ? access.features[featureId] : undefined
  if (own?.type === 'boolean') return own.granted ? granted(featureId) : absent(featureId, units)
  const sources = sourcesOf(features, access, featureId)
  const last = sources.at(-1)
  if (last === undefined) return absent(featureId, units)

  const wanted = fractionOf(partsOf(units))
  const usageLeft = own?.usageLimitLeft ?? 'unlimited'
  const room = lesserRoom(capacityOf(sources), usageLeft === 'unlimited' ? usageLeft : fractionOf(partsOf(usageLeft)))
  const { shares, missing } = spend(sources, wanted)
  if (room === 'unlimited' || !isLess(room, wanted)) return paid(featureId, shares, last, room)
  const unitsLeft = unitsOf(floor(room))
  if (usageLeft !== 'unlimited' && partsOf(usageLeft) < partsOf(units)) {
    // When the stretch of the limit ends is not told in an access: it is not the reset of the balance.
    const shortage = { featureId, poolId: featureId, required: units, remaining: usageLeft, resetsAt: null }
    return { allowed: false, reason: 'usage_limit_reached', ...shortage, payers: [], unitsLeft }
  }
  return { allowed: false, reason: 'limit_reached', ...shortageOf(featureId, shares, last, missing), payers: [], unitsLeft }
}

function granted<$Id extends string>(featureId: $Id): Affordable<$Id> {
  return { allowed: true, featureId, poolId: null, required: 0, remaining: 'unlimited', resetsAt: null, payers: [], unitsLeft: 'unlimited' }
}

function absent<$Id extends string>(featureId: $Id, units: number): Unaffordable<$Id> {
  const shortage = { featureId, poolId: null, required: units, remaining: 0, resetsAt: null }
  return { allowed: false, reason: 'feature_not_in_plan', ...shortage, payers: [], unitsLeft: 0 }
}

function paid<$Id extends string>(featureId: $Id, shares: readonly Share<$Id>[], last: Source<$Id>, room: Room): Affordable<$Id> {
  const paying = shares.filter(({ units }) => !isZero(units))
  const final = paying.at(-1) ?? { source: last, units: ZERO }
  const { balance } = final.source
  return {
    allowed: true,
    featureId,
    poolId: final.source.poolId,
    required: amountOf(final.source, final.units),
    remaining: balance.unlimited ? 'unlimited' : balance.remaining,
    resetsAt: balance.resetsAt,
    payers: paying.map(({ source, units }) => ({ poolId: source.poolId, units: unitsOf(floor(units)), amount: amountOf(source, units) })),
    unitsLeft: room === 'unlimited' ? room : unitsOf(floor(room)),
  }
}

/** The last balance in line is the one that was short: it was asked for its share and for all that is missing. */
function shortageOf<$Id extends string>(
  featureId: $Id,
  shares: readonly Share<$Id>[],
  last: Source<$Id>,
  missing: Fraction,
): Shortage<$Id> {
  const covered = shares.find(({ source }) => source === last)?.units ?? ZERO
  const { remaining, resetsAt } = last.balance
  return { featureId, poolId: last.poolId, required: amountOf(last, plus(covered, missing)), remaining, resetsAt }
}

/** What a source pays for units of the feature, in its own units. */
function amountOf({ cost }: Source, units: Fraction): number {
  return unitsOf(ceiling(times(units, cost)))
}
