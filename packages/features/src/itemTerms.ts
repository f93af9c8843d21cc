import { checkAmount, checkCount, checkOneOf, checkOptions, checkPercentage, checkPositive } from './check.ts'
import { type BillingIntervalUnit, billingIntervalUnits, type Interval, type IntervalUnit, intervalUnits } from './interval.ts'
import type { Rollover } from './planItem.ts'
import { RegistryError } from './registryError.ts'

/** That a boolean feature is granted. */
export interface GrantedTerms {
  readonly kind: 'granted'
}

/** That there is no end to the units. */
export interface UnlimitedTerms {
  readonly kind: 'unlimited'
}

/** How many units there are, how they come back, are kept, and are paid for. Each method gives back new terms and leaves these alone. */
export interface IncludedTerms<TInterval extends Interval | null = Interval | null, TEntity extends string | null = string | null> {
  readonly kind: 'included'
  readonly amounts: IncludedAmounts<TInterval, TEntity>
  /** The units come back after each interval: `included(20).per('month')`, `included(5).per('day', 7)`. */
  per(unit: IntervalUnit, count?: number): IncludedTerms<Interval, TEntity>
  /** What is left at a reset is kept: `.rollover({ months: 3, max: 500 })`. */
  rollover(terms: RolloverFor<TInterval>): IncludedTerms<TInterval, TEntity>
  /** The units are granted once for each entity of an allocated feature: `.perEntity('seats')`. */
  perEntity<const $FeatureId extends string>(featureId: $FeatureId): IncludedTerms<TInterval, $FeatureId>
  /** More than what is left may be used; with a price it is billed afterwards: `.overage({ price: 0.5, billingUnits: 100, max: 10_000 })`. */
  overage(terms?: OverageTerms): IncludedTerms<TInterval, TEntity>
  /** More units can be bought ahead, in packs: `.prepaid({ price: 10, billingUnits: 1_000 })`. */
  prepaid(terms: PrepaidTerms): IncludedTerms<TInterval, TEntity>
}

/** What a plan says about one feature. */
export type ItemTerms = GrantedTerms | UnlimitedTerms | IncludedTerms

/** What happens at a reset to units that were not used; with neither `max` nor `maxPercentage` all of them are kept. */
export interface RolloverTerms {
  /** Calendar months, from the reset on, that what is left is kept for. */
  readonly months: number | 'forever'
  /** Units kept at most, over all earlier periods together. */
  readonly max?: number
  /** The same, as a percentage of the units of one period. */
  readonly maxPercentage?: number
}

/** What units cost. */
export interface PriceTerms {
  /** Per `billingUnits`, in major units of the currency: 20 is $20. */
  readonly price: number
  /** Units that are sold together; a group that was begun is paid in full. Default 1. */
  readonly billingUnits?: number
}

/**
 * How far a balance may be overdrawn, and what that costs.
 *
 * Billed at the item's resets; allocated units, which have none, go with the plan, else with the month.
 */
export interface OverageTerms extends Partial<PriceTerms> {
  /** Units beyond the included and prepaid ones, per period. Default: no end. */
  readonly max?: number
}

/** What units cost that are bought ahead. */
export interface PrepaidTerms extends PriceTerms {
  /** How often it is billed. Default: with the item's resets, else once; allocated units go with the plan, else with the month. */
  readonly interval?: BillingIntervalUnit | 'one_off'
}

/** What `included()` and its methods have gathered; the plan fills in what they leave open. */
export interface IncludedAmounts<TInterval extends Interval | null = Interval | null, TEntity extends string | null = string | null> {
  readonly included: number
  readonly interval: TInterval
  readonly rollover: Rollover | null
  readonly perEntity: TEntity
  readonly overage: OverageAmounts | null
  readonly prepaid: PrepaidAmounts | null
}

/** Overage as it was declared: when it is billed may depend on the plan. */
export interface OverageAmounts {
  readonly price: number | null
  readonly billingUnits: number
  readonly max: number | 'unlimited'
}

/** Prepaid units as they were declared: when they are billed may depend on the plan. */
export interface PrepaidAmounts {
  readonly price: number
  readonly billingUnits: number
  readonly interval: BillingIntervalUnit | 'one_off' | 'inherited'
}

type RolloverFor<TInterval> = TInterval extends null
  ? "✖ only units that come back can be kept: write .per('month') before .rollover()"
  : RolloverTerms

const GRANTED: GrantedTerms = Object.freeze({ kind: 'granted' })
const UNLIMITED: UnlimitedTerms = Object.freeze({ kind: 'unlimited' })

/** Grants a boolean feature. */
export function granted(): GrantedTerms {
  return GRANTED
}

/** Any number of units of a metered feature or of a pool; they are counted all the same. */
export function unlimited(): UnlimitedTerms {
  return UNLIMITED
}

/** A number of units, granted once unless `.per(interval)` follows. */
export function included(units: number): IncludedTerms<null, null> {
  checkAmount('included(units)', units)
  return termsOf({ included: units, interval: null, rollover: null, perEntity: null, overage: null, prepaid: null })
}

function termsOf<$Interval extends Interval | null, $Entity extends string | null>(
  amounts: IncludedAmounts<$Interval, $Entity>,
): IncludedTerms<$Interval, $Entity> {
  return Object.freeze<IncludedTerms<$Interval, $Entity>>({
    kind: 'included',
    amounts,
    per: (unit, count = 1) => termsOf({ ...amounts, interval: intervalOf(unit, count) }),
    rollover: (terms) => termsOf({ ...amounts, rollover: rolloverOf(terms, amounts.interval) }),
    perEntity: (featureId) => termsOf({ ...amounts, perEntity: featureId }),
    overage: (terms = {}) => termsOf({ ...amounts, overage: overageOf(terms) }),
    prepaid: (terms) => termsOf({ ...amounts, prepaid: prepaidOf(terms) }),
  })
}

function intervalOf(unit: IntervalUnit, count: number): Interval {
  checkOneOf('.per(interval)', unit, intervalUnits)
  checkCount('.per(interval, count)', count)
  return { unit, count }
}

function rolloverOf(terms: unknown, interval: Interval | null): Rollover {
  if (interval === null) throw new RegistryError("only units that come back can be kept: write .per('month') before .rollover()")
  const { months, max, maxPercentage } = checkOptions('.rollover()', terms, ['months', 'max', 'maxPercentage'])
  const kept = months === 'forever' ? months : checkCount(".rollover({ months }), which is a number or 'forever'", months)
  if (max !== undefined && maxPercentage !== undefined) {
    throw new RegistryError('.rollover() takes max or maxPercentage, not both: drop one')
  }
  if (max !== undefined) return { months: kept, cap: { kind: 'units', units: checkAmount('.rollover({ max })', max) } }
  if (maxPercentage === undefined) return { months: kept, cap: { kind: 'none' } }
  return { months: kept, cap: { kind: 'percentage', percentage: checkPercentage('.rollover({ maxPercentage })', maxPercentage) } }
}

function overageOf(terms: unknown): OverageAmounts {
  const { price, billingUnits = 1, max } = checkOptions('.overage()', terms, ['price', 'billingUnits', 'max'])
  return {
    price: price === undefined ? null : checkPositive('.overage({ price })', price),
    billingUnits: checkPositive('.overage({ billingUnits })', billingUnits),
    max: max === undefined ? 'unlimited' : checkAmount('.overage({ max })', max),
  }
}

function prepaidOf(terms: unknown): PrepaidAmounts {
  const { price, billingUnits = 1, interval } = checkOptions('.prepaid()', terms, ['price', 'billingUnits', 'interval'])
  return {
    price: checkPositive('.prepaid({ price })', price),
    billingUnits: checkPositive('.prepaid({ billingUnits })', billingUnits),
    interval: interval === undefined ? 'inherited' : checkOneOf('.prepaid({ interval })', interval, [...billingIntervalUnits, 'one_off']),
  }
}
