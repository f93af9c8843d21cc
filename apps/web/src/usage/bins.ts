/** The width of the bars in the chart of usage. */
export type Bin = 'hour' | 'day' | 'month'

/** How many bars of each width are shown. */
const counts: Readonly<Record<Bin, number>> = { hour: 24, day: 30, month: 12 }

/** Every how many bars there is a label: few enough for a phone. */
const labelled: Readonly<Record<Bin, number>> = { hour: 4, day: 7, month: 2 }

/** The starts of the last bins up to the one that holds `now`, and the end of that one; in UTC, as the meter has them. */
export function binsUntil(now: number, bin: Bin): { readonly starts: readonly number[]; readonly end: number } {
  const starts = Array.from({ length: counts[bin] }, (_, index) => startOf(now, bin, index - counts[bin] + 1))
  return { starts, end: startOf(now, bin, 1) }
}

/** The starts that are written under the bars, at equal distances up to the last one. */
export function labelledStarts(points: readonly { readonly at: number }[], bin: Bin): readonly number[] {
  return points.filter((_, index) => (points.length - 1 - index) % labelled[bin] === 0).map(({ at }) => at)
}

/** The start of the bin that lies so many after the one of `now`. */
function startOf(now: number, bin: Bin, offset: number): number {
  const at = new Date(now)
  const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()]
  switch (bin) {
    case 'hour':
      return Date.UTC(year, month, day, hour + offset)
    case 'day':
      return Date.UTC(year, month, day + offset)
    case 'month':
      return Date.UTC(year, month + offset)
  }
}

const formats: Readonly<Record<Bin, Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }),
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  month: new Intl.DateTimeFormat('en-GB', { month: 'short', year: '2-digit', timeZone: 'UTC' }),
}

export function formatBin(at: number, bin: Bin): string {
  return formats[bin].format(at)
}
