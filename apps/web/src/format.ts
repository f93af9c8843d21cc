const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayWithYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export function formatNumber(value: number | 'unlimited'): string {
  return value === 'unlimited' ? 'Unlimited' : number.format(value)
}

/** `1 image`, `4 images`. */
export function formatUnits(value: number, names: { readonly singular: string; readonly plural: string }): string {
  return `${number.format(value)} ${value === 1 ? names.singular : names.plural}`
}

/** A day and a time of day in the reader's own time zone: `24 December, 14:05`. */
export function formatMoment(at: number, now: number): string {
  const days = new Date(at).getFullYear() === new Date(now).getFullYear() ? day : dayWithYear
  return `${days.format(at)}, ${time.format(at)}`
}

/** The same for tables: `24 Dec, 14:05`. */
export function formatShortMoment(at: number, now: number): string {
  const days = new Date(at).getFullYear() === new Date(now).getFullYear() ? shortDay : dayWithYear
  return `${days.format(at)}, ${time.format(at)}`
}

/** How far off an instant is: `in 30 days`, `in 2 hours`. */
export function formatDistance(at: number, now: number): string {
  const distance = at - now
  if (Math.abs(distance) >= 1.5 * DAY_MS) return relative.format(Math.round(distance / DAY_MS), 'day')
  if (Math.abs(distance) >= 1.5 * HOUR_MS) return relative.format(Math.round(distance / HOUR_MS), 'hour')
  return relative.format(Math.round(distance / 60_000), 'minute')
}

export function formatPrice(price: { readonly amount: number; readonly interval: { readonly unit: string } | null } | null): string {
  if (price === null) return '$0'
  return price.interval === null ? `$${number.format(price.amount)} once` : `$${number.format(price.amount)} per ${price.interval.unit}`
}
