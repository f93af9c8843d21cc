/** The lengths of time after which units come back, shortest first. */
export const intervalUnits = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'semi_annual', 'year'] as const

/** A length of time in UTC; a `quarter` is three calendar months, a `semi_annual` six. */
export type IntervalUnit = (typeof intervalUnits)[number]

/** A span that repeats: `{ unit: 'month', count: 3 }`. */
export interface Interval {
  readonly unit: IntervalUnit
  /** A whole number from 1. */
  readonly count: number
}

/** The lengths of time that can be billed, shortest first. */
export const billingIntervalUnits = ['week', 'month', 'quarter', 'semi_annual', 'year'] as const satisfies readonly IntervalUnit[]

/** A length of time that can be billed. */
export type BillingIntervalUnit = (typeof billingIntervalUnits)[number]

/** A span that is billed again and again. */
export interface BillingInterval extends Interval {
  readonly unit: BillingIntervalUnit
}

/** Whether a value names a length of time that can be billed. */
export function isBillingIntervalUnit(value: unknown): value is BillingIntervalUnit {
  return billingIntervalUnits.some((unit) => unit === value)
}
