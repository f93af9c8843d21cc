import type { BalanceAccess, CustomerAccess } from './access.ts'
import { ONE, partsOf } from './exact.ts'
import type { Features } from './feature.ts'
import type { FeatureId } from './featureId.ts'
import { type Fraction, fractionOf, lesser, minus, plus, ZERO } from './fraction.ts'
import { poolsOf } from './pools.ts'

/** A count of parts of units of the feature, or no end of them. */
export type Room = Fraction | 'unlimited'

/** A balance that can pay for a feature, measured in units of that feature. */
export interface Source<TFeatureId extends string = string> {
  readonly poolId: TFeatureId
  readonly balance: BalanceAccess
  /** Units of the balance per unit of the feature. */
  readonly cost: Fraction
  /** What it covers before it is overdrawn. */
  readonly room: Room
  /** What it covers after that. */
  readonly overdraft: Room
}

/** What one source pays. */
export interface Share<TFeatureId extends string = string> {
  readonly source: Source<TFeatureId>
  readonly units: Fraction
}

/** The balances of a customer that can pay for a feature, in the order in which they do. */
export function sourcesOf<$Features extends Features>(
  features: $Features,
  access: CustomerAccess,
  featureId: FeatureId<$Features>,
): readonly Source<FeatureId<$Features>>[] {
  const payers = [{ poolId: featureId, cost: 1 }, ...poolsOf(features, featureId)]
  const sources = payers.flatMap(({ poolId, cost }) => {
    const balance = Object.hasOwn(access.features, poolId) ? access.features[poolId] : undefined
    return balance === undefined || balance.type === 'boolean' ? [] : [sourceOf(poolId, balance, partsOf(cost))]
  })
  return [...sources.filter(({ balance }) => balance.unlimited), ...sources.filter(({ balance }) => !balance.unlimited)]
}

/** Lets the sources pay in their order: each down to zero, then each as far as it may be overdrawn. */
export function spend<$Id extends string>(
  sources: readonly Source<$Id>[],
  wanted: Fraction,
): { readonly shares: readonly Share<$Id>[]; readonly missing: Fraction } {
  let missing = wanted
  const take = (room: Room): Fraction => {
    const taken = lesserRoom(missing, room)
    missing = minus(missing, taken)
    return taken
  }
  const direct = sources.map(({ room }) => take(room))
  const overdrawn = sources.map(({ overdraft }) => take(overdraft))
  return { shares: sources.map((source, index) => ({ source, units: plus(direct[index] ?? ZERO, overdrawn[index] ?? ZERO) })), missing }
}

/** All that the sources cover together. */
export function capacityOf(sources: readonly Source[]): Room {
  return sources.flatMap(({ room, overdraft }) => [room, overdraft]).reduce(sumOf, ZERO)
}

/** The lesser of two rooms; where they are equal, the first. */
export function lesserRoom<$Room extends Room>(a: $Room, b: Room): $Room | Fraction {
  if (b === 'unlimited') return a
  return a === 'unlimited' ? b : lesser(a, b)
}

function sourceOf<$Id extends string>(poolId: $Id, balance: BalanceAccess, cost: bigint): Source<$Id> {
  const coveredBy = (parts: bigint): Fraction => fractionOf(parts * ONE, cost)
  const limit: Room = balance.usageLimitLeft === 'unlimited' ? balance.usageLimitLeft : coveredBy(partsOf(balance.usageLimitLeft))
  if (balance.unlimited) return { poolId, balance, cost: fractionOf(cost, ONE), room: limit, overdraft: ZERO }
  const room = lesserRoom(coveredBy(partsOf(balance.remaining)), limit)
  const beyond: Room = limit === 'unlimited' ? limit : minus(limit, room)
  const overdraft = balance.overageLeft === 'unlimited' ? beyond : lesserRoom(coveredBy(partsOf(balance.overageLeft)), beyond)
  return { poolId, balance, cost: fractionOf(cost, ONE), room, overdraft }
}

function sumOf(a: Room, b: Room): Room {
  return a === 'unlimited' || b === 'unlimited' ? 'unlimited' : plus(a, b)
}
