/** The span after which a grant starts afresh. All arithmetic is in UTC. */
export interface Interval {
  readonly unit: IntervalUnit
  /** How many units one cycle spans, at least 1. */
  readonly count: number
}

export type IntervalUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'semi_annual' | 'year'

/** One span of time, in ms since the epoch; its end belongs to the next. */
export interface Cycle {
  readonly startsAt: number
  readonly endsAt: number
}

const FIXED_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
const MONTHS = { month: 1, quarter: 3, semi_annual: 6, year: 12 } as const

/** Every interval unit, shortest first. */
export const INTERVAL_UNITS: readonly IntervalUnit[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'semi_annual', 'year']

/**
 * The end of the cycle that contains `at`, for cycles counted from `anchorAt` (both in ms since the epoch): the first boundary after `at`.
 *
 * Boundaries are computed from the anchor, never from the boundary before, so an anchor on the 31st falls on the last day of a
 * short month and on the 31st again afterwards. Every instant lies in exactly one cycle.
 */
export function cycleEnd(anchorAt: number, interval: Interval, at: number): number {
  return addIntervals(anchorAt, interval, cyclesUntil(anchorAt, interval, at))
}

/** The cycle that contains `at`: from its first instant to the first of the next. */
export function cycleAt(anchorAt: number, interval: Interval, at: number): Cycle {
  const cycles = cyclesUntil(anchorAt, interval, at)
  return { startsAt: addIntervals(anchorAt, interval, cycles - 1), endsAt: addIntervals(anchorAt, interval, cycles) }
}

/** Adds calendar months in UTC; a day that the month lacks becomes its last day. */
export function addMonths(at: number, months: number): number {
  const date = new Date(at)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  date.setUTCDate(Math.min(day, daysInMonth(date.getUTCFullYear(), date.getUTCMonth())))
  return date.getTime()
}

/** Adds one interval `times` times to an instant. */
export function addIntervals(at: number, interval: Interval, times: number): number {
  return isFixed(interval.unit)
    ? at + FIXED_MS[interval.unit] * interval.count * times
    : addMonths(at, MONTHS[interval.unit] * interval.count * times)
}

/** A rough length in minutes, by which grants with shorter cycles are spent first: a month counts 30 days, a year 365. */
export function minutesOf({ unit, count }: Interval): number {
  return (isFixed(unit) ? FIXED_MS[unit] / 60_000 : (unit === 'year' ? 365 : MONTHS[unit] * 30) * 1_440) * count
}

/** How many intervals after the anchor the cycle that contains `at` ends. */
function cyclesUntil(anchorAt: number, interval: Interval, at: number): number {
  const { unit, count } = interval
  if (isFixed(unit)) return Math.floor((at - anchorAt) / (FIXED_MS[unit] * count)) + 1
  const step = MONTHS[unit] * count
  let cycles = Math.floor(monthsBetween(anchorAt, at) / step)
  // The month difference ignores the day: at most one step short of the boundary after `at`, or one past it.
  while (addMonths(anchorAt, cycles * step) <= at) cycles++
  while (addMonths(anchorAt, (cycles - 1) * step) > at) cycles--
  return cycles
}

function isFixed(unit: IntervalUnit): unit is keyof typeof FIXED_MS {
  return unit in FIXED_MS
}

function monthsBetween(from: number, to: number): number {
  const a = new Date(from)
  const b = new Date(to)
  return (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth()
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
}
