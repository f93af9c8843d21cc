import type { Interval } from '../../period.ts'

const LENGTHS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }
const MONTHS: Readonly<Record<string, number>> = { month: 1, quarter: 3, semi_annual: 6, year: 12 }

/** The boundary that lies `cycles` cycles after an anchor: read off the calendar, with the last day of a month that is too short. */
export function boundary(anchor: number, { unit, count }: Interval, cycles: number): number {
  const length = LENGTHS[unit]
  if (length !== undefined) return anchor + length * count * cycles
  const from = new Date(anchor)
  const months = from.getUTCFullYear() * 12 + from.getUTCMonth() + (MONTHS[unit] ?? 1) * count * cycles
  const [year, month] = [Math.floor(months / 12), months % 12]
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const day = Math.min(from.getUTCDate(), lastDay)
  return Date.UTC(year, month, day) + (anchor % 86_400_000)
}

/** The cycle around an instant, found by walking from the anchor. */
export function cycleAround(anchor: number, interval: Interval, at: number): { readonly startsAt: number; readonly endsAt: number } {
  const rough = LENGTHS[interval.unit] ?? 2_629_800_000 * (MONTHS[interval.unit] ?? 1)
  let cycle = Math.floor((at - anchor) / (rough * interval.count)) - 1
  while (boundary(anchor, interval, cycle + 1) <= at) cycle++
  while (boundary(anchor, interval, cycle) > at) cycle--
  return { startsAt: boundary(anchor, interval, cycle), endsAt: boundary(anchor, interval, cycle + 1) }
}
