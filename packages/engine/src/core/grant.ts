import { type Amount, greater, lesser, SCALE } from './amount.ts'
import type { RolloverRule } from './catalog.ts'
import type { Hold, Payment } from './hold.ts'
import { addMonths, type Interval } from './period.ts'

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
  /** Grows with every reset. Units paid in an ended cycle do not come back to a later one. */
  readonly cycle: number
  /** What this cycle granted: included, prepaid and adjustments. */
  readonly granted: Amount
  readonly used: Amount
  /** Set aside for running calls, less what running calls are giving back. */
  readonly held: Amount
  /** Unused units of earlier cycles, spent before this cycle's. Those that are used up stay until the next reset. */
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

/**
 * How much a grant can take back: what was used of it, less what running calls are giving back already.
 *
 * Units held for running calls are theirs alone: so a hold that ends never leaves a grant with more than it granted.
 */
export function refundableOf(grant: Grant, holds: readonly Hold[]): Amount {
  let refundable = grant.used
  for (const hold of holds) {
    for (const { payments } of hold.items) {
      for (const payment of payments) if (payment.amount < 0n && isLive(payment, grant)) refundable += payment.amount
    }
  }
  return greater(0n, refundable)
}

/** Whether a payment's units still count for a grant: they are of its present cycle, or of units that it carried over and still has. */
export function isLive(payment: Payment, grant: Grant): boolean {
  if (payment.grantId !== grant.id) return false
  if (payment.rolloverId === null) return payment.cycle === grant.cycle
  return grant.rollovers.some((rollover) => rollover.id === payment.rolloverId)
}

/**
 * The carried-over units of a grant after its cycle has ended: what the cycle leaves unused joins them, and the oldest give way to the cap.
 *
 * Units held for running calls are not unused: they are not carried over, and do not come back to a later cycle either.
 */
export function rolloversAfter(grant: Grant, carriedId: () => string): readonly Rollover[] {
  const kept = grant.rollovers.filter((rollover) => rollover.held !== 0n || rollover.used < rollover.granted)
  const unused = remainingOf(grant)
  if (!grant.rollover || grant.nextResetAt === null || grant.unlimited || unused <= 0n) return kept
  const { expiresAfterMonths } = grant.rollover
  const expiresAt = expiresAfterMonths === null ? null : addMonths(grant.nextResetAt, expiresAfterMonths)
  return capped([...kept, { id: carriedId(), granted: unused, used: 0n, held: 0n, expiresAt }], rolloverCap(grant))
}

/** Trims carried-over units to a cap, from the soonest-expiring ones: they stand first, since all of a grant's live equally long. */
function capped(rollovers: readonly Rollover[], cap: Amount | null): readonly Rollover[] {
  if (cap === null) return rollovers
  let excess = rollovers.reduce((sum, each) => sum + remainingOf(each), 0n) - cap
  const trimmed = rollovers.map((rollover) => {
    const cut = greater(0n, lesser(excess, remainingOf(rollover)))
    excess -= cut
    return { ...rollover, granted: rollover.granted - cut }
  })
  return trimmed.filter((rollover) => rollover.held !== 0n || rollover.used < rollover.granted)
}

/** The most a grant may carry over in all its rollovers together; null: no cap. */
function rolloverCap(grant: Grant): Amount | null {
  const { max = null, maxPercentage = null } = grant.rollover ?? {}
  if (maxPercentage === null) return max
  const share = ((grant.included + grant.prepaid) * BigInt(Math.round(maxPercentage * 1e6))) / 100_000_000n
  const whole = (share / SCALE) * SCALE
  return max === null ? whole : lesser(max, whole)
}
