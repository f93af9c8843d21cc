import { type Amount, greater, lesser } from './amount.ts'
import type { RolloverRule } from './catalog.ts'
import type { Interval } from './period.ts'

/**
 * An allocation of units of one feature to a customer or one of its entities: from a plan item, or standing alone (a top-up).
 *
 * The counters are those of the current cycle, and granted = remaining + used + held holds for them at every instant.
 */
export interface Grant {
  readonly id: string
  readonly featureId: string
  /** Null for a grant that stands alone. */
  readonly planId: string | null
  readonly subscriptionId: string | null
  readonly itemId: string | null
  /** The entity that owns it; null: the customer. */
  readonly entityId: string | null
  /** One entity's slice of an item granted per entity: the customer may spend it too. */
  readonly perEntity: boolean
  /** A boolean feature's grant: nothing is counted. */
  readonly flag: boolean
  readonly unlimited: boolean
  /** What a new cycle grants. */
  readonly included: Amount
  readonly prepaid: Amount
  readonly interval: Interval | null
  /** Where cycles are counted from. */
  readonly anchorAt: number
  readonly nextResetAt: number | null
  readonly expiresAt: number | null
  readonly createdAt: number
  readonly addOn: boolean
  readonly overage: { readonly max: Amount | null } | null
  readonly rollover: RolloverRule | null
  readonly price: Readonly<Record<string, unknown>> | null
  /** Counts the resets. Units paid in an ended cycle do not come back to a later one. */
  readonly cycle: number
  /** What this cycle granted: included, prepaid and adjustments. */
  readonly granted: Amount
  readonly used: Amount
  /** Set aside for running calls. Negative while a call that gives units back is running. */
  readonly held: Amount
  /** Unused units of earlier cycles, spent before this cycle's. */
  readonly rollovers: readonly Rollover[]
}

export interface Rollover {
  readonly id: string
  readonly granted: Amount
  readonly used: Amount
  readonly held: Amount
  /** Null: never. */
  readonly expiresAt: number | null
}

/** What is left of a grant's current cycle; negative when it was overdrawn. Carried-over units are counted apart. */
export function remainingOf(counted: { readonly granted: Amount; readonly used: Amount; readonly held: Amount }): Amount {
  return counted.granted - counted.used - counted.held
}

/** How far below zero a grant stands. */
export function overageOf(grant: Grant): Amount {
  return greater(0n, -remainingOf(grant))
}

/** How much a grant can take back: never more than went out of it. */
export function refundableOf(grant: Grant): Amount {
  return greater(0n, grant.used + grant.held)
}

/** Unused units that a cycle hands on when it ends, before the cap over all carried units. */
export function carriedOver(grant: Grant): Amount {
  const unused = remainingOf(grant)
  if (!grant.rollover || unused <= 0n) return 0n
  const caps = [grant.rollover.max, percentageCap(grant)].filter((cap) => cap !== null)
  return caps.reduce(lesser, unused)
}

/** The most a grant may carry over in all its rollovers together; null: no cap. */
export function rolloverCap(grant: Grant): Amount | null {
  if (!grant.rollover) return null
  const percentage = percentageCap(grant)
  if (grant.rollover.max === null) return percentage
  return percentage === null ? grant.rollover.max : lesser(grant.rollover.max, percentage)
}

function percentageCap(grant: Grant): Amount | null {
  const percentage = grant.rollover?.maxPercentage ?? null
  if (percentage === null) return null
  const whole = 10_000_000_000n
  const share = ((grant.included + grant.prepaid) * BigInt(Math.round(percentage * 1e6))) / 100_000_000n
  return (share / whole) * whole
}
