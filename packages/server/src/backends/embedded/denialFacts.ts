import {
  amountOf,
  type Catalog,
  type CustomerState,
  type Refusal,
  type Scope,
  type Shortfall,
  shortageOf,
  unitsOf,
  unlockingPlans,
} from '@tollgate/engine'
import { type BalanceReason, type DenialFacts, denialReasons, type Shortage } from '@tollgate/features'
import type { FeatureUnits } from '../backend.ts'

/** What was asked for and found short, and of whom. */
export interface ShortOf {
  readonly catalog: Catalog
  readonly state: CustomerState
  readonly scope: Scope
  /** The customer's time. */
  readonly now: number
  /** The whole call: a plan unlocks it when all of it would be allowed. */
  readonly items: readonly FeatureUnits[]
}

/** Tells shortfalls as a denial: the gravest reason first, and every feature that was short. */
export function shortDenial(shortfalls: readonly Shortfall[], { catalog, state, scope, now, items }: ShortOf): DenialFacts {
  const [first, ...others] = [...shortfalls].sort((a, b) => gravityOf(a) - gravityOf(b))
  if (first === undefined) throw new Error('the engine refused a call without saying what was short')
  const wanted = items.map(({ featureId, units }) => ({ featureId, units: amountOf(units) }))
  const told = (shortfall: Shortfall): Shortage => {
    const shortage = shortageOf(catalog, state, shortfall, scope, now)
    if (shortfall.reason !== 'balance' || shortage.poolId === null || wanted.length === 1) return shortage
    // Features of one call may share a pool: each alone would fit.
    const asked = wanted
      .map(({ featureId, units }) => shortageOf(catalog, state, { featureId, reason: 'balance', required: units }, scope, now))
      .reduce((sum, share) => (share.poolId === shortage.poolId ? sum + amountOf(share.required) : sum), 0n)
    return { ...shortage, required: unitsOf(asked) }
  }
  const shortage = told(first)
  return {
    ...shortage,
    reason: REASONS[first.reason],
    shortages: [shortage, ...others.map(told)],
    unlockedBy: unlockingPlans(catalog, state, wanted, scope, now),
  }
}

/** A refusal that no caller of a procedure can bring about: the application or this package is wrong. */
export function mistake(refusal: Refusal): Error {
  switch (refusal.code) {
    case 'feature_not_found':
      return new Error(`the engine does not know the feature '${refusal.featureId}': open it with the same features as createMetering()`)
    case 'feature_not_counted':
      return new Error(
        `the feature '${refusal.featureId}' is a boolean one in the engine and cannot be counted: open it with the same features`,
      )
    default:
      return new Error(`the engine refused a command of the embedded backend: ${refusal.code}`)
  }
}

const REASONS: Readonly<Record<Shortfall['reason'], BalanceReason>> = {
  feature_not_in_plan: 'feature_not_in_plan',
  balance: 'limit_reached',
  usage_limit: 'usage_limit_reached',
  spend_limit: 'spend_limit_reached',
}

function gravityOf(shortfall: Shortfall): number {
  return denialReasons.indexOf(REASONS[shortfall.reason])
}
