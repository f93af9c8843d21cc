import { describe, expect, it } from 'vitest'
import { addIntervals, cycleAt, cycleEnd, type Interval, type IntervalUnit, minutesOf } from './period.ts'

const DAY = 86_400_000
const at = (iso: string): number => Date.parse(iso)
const every = (unit: IntervalUnit, count = 1): Interval => ({ unit, count })

describe('cycles', () => {
  it.each(Array.from({ length: 31 }, (_, index) => index + 1))('anchored on day %i cover four years without gap or overlap', (day) => {
    const anchorAt = Date.UTC(2023, 0, day, 21, 32, 28, 749)
    const ends: number[] = []
    for (let now = anchorAt; now < anchorAt + 4 * 366 * DAY; now += DAY / 2) {
      const { startsAt, endsAt } = cycleAt(anchorAt, every('month'), now)
      expect(startsAt <= now && now < endsAt).toBe(true)
      expect(endsAt).toBe(cycleEnd(anchorAt, every('month'), now))
      // A cycle begins where the one before ended: no instant belongs to two, and none to no cycle.
      const last = ends.at(-1)
      if (last === undefined) expect(startsAt).toBe(anchorAt)
      else if (endsAt !== last) expect(startsAt).toBe(last)
      if (endsAt !== last) ends.push(endsAt)
    }
    expect(ends.length).toBeGreaterThanOrEqual(48)
    for (const end of ends) {
      const date = new Date(end)
      const monthLength = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
      expect(date.getUTCDate()).toBe(Math.min(day, monthLength))
      expect(date.toISOString().slice(11)).toBe('21:32:28.749Z')
    }
  })

  it('return to the 31st after a short month', () => {
    const anchorAt = at('2026-01-31T08:00:00.000Z')
    const ends = [1, 2, 3, 4].map((month) => cycleEnd(anchorAt, every('month'), Date.UTC(2026, month - 1, 28, 9)))
    expect(ends.map((end) => new Date(end).toISOString().slice(0, 10))).toEqual(['2026-01-31', '2026-03-31', '2026-03-31', '2026-04-30'])
  })

  it('anchored on 29 February keep it in leap years', () => {
    const anchorAt = at('2024-02-29T00:00:00.000Z')
    expect(new Date(cycleEnd(anchorAt, every('year'), at('2026-06-01T00:00:00.000Z'))).toISOString()).toBe('2027-02-28T00:00:00.000Z')
    expect(new Date(cycleEnd(anchorAt, every('year'), at('2027-06-01T00:00:00.000Z'))).toISOString()).toBe('2028-02-29T00:00:00.000Z')
  })

  it.each([
    ['minute', 60_000],
    ['hour', 3_600_000],
    ['day', DAY],
    ['week', 7 * DAY],
  ] as const)('of a %s have one length, across changes of daylight saving too', (unit, length) => {
    const anchorAt = at('2026-03-28T12:00:00.000Z')
    expect(cycleEnd(anchorAt, every(unit), anchorAt)).toBe(anchorAt + length)
    expect(cycleEnd(anchorAt, every(unit), anchorAt + length - 1)).toBe(anchorAt + length)
    expect(cycleEnd(anchorAt, every(unit), anchorAt + length)).toBe(anchorAt + 2 * length)
    expect(cycleEnd(anchorAt, every(unit, 3), anchorAt + 500 * length)).toBe(anchorAt + 501 * length)
  })

  it('of several months count from the anchor', () => {
    const anchorAt = at('2025-11-30T00:00:00.000Z')
    const ends = (unit: IntervalUnit, count = 1) => new Date(cycleEnd(anchorAt, every(unit, count), anchorAt)).toISOString().slice(0, 10)
    expect([ends('quarter'), ends('semi_annual'), ends('year'), ends('month', 5)]).toEqual([
      '2026-02-28',
      '2026-05-30',
      '2026-11-30',
      '2026-04-30',
    ])
  })

  it('are found for an instant before their anchor', () => {
    const anchorAt = at('2026-05-31T00:00:00.000Z')
    const { startsAt, endsAt } = cycleAt(anchorAt, every('month'), at('2026-04-29T12:00:00.000Z'))
    expect([startsAt, endsAt]).toEqual([at('2026-03-31T00:00:00.000Z'), at('2026-04-30T00:00:00.000Z')])
  })
})

it('adds intervals on the calendar', () => {
  expect(new Date(addIntervals(at('2026-01-31T00:00:00.000Z'), every('month'), 1)).toISOString()).toBe('2026-02-28T00:00:00.000Z')
  expect(new Date(addIntervals(at('2026-03-31T00:00:00.000Z'), every('month'), -1)).toISOString()).toBe('2026-02-28T00:00:00.000Z')
  expect(addIntervals(0, every('hour', 2), 3)).toBe(6 * 3_600_000)
})

it('orders intervals by their rough length', () => {
  const lengths = [every('minute'), every('hour'), every('day'), every('week'), every('month'), every('quarter'), every('year')].map(
    minutesOf,
  )
  expect(lengths).toEqual([1, 60, 1440, 10_080, 43_200, 129_600, 525_600])
})
