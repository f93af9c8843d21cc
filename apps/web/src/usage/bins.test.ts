import { expect, it } from 'vitest'
import { binsUntil, labelledStarts } from './bins.ts'

const now = Date.UTC(2026, 1, 1, 0, 30)

it('ends with the bin of now, in UTC', () => {
  expect(binsUntil(now, 'hour')).toMatchObject({ end: Date.UTC(2026, 1, 1, 1) })
  expect(binsUntil(now, 'hour').starts.at(-1)).toBe(Date.UTC(2026, 1, 1))
  expect(binsUntil(now, 'day').starts).toHaveLength(30)
  expect(binsUntil(now, 'day').starts[0]).toBe(Date.UTC(2026, 0, 3))
})

it('goes over the turn of a year by months', () => {
  const { starts, end } = binsUntil(now, 'month')
  expect(starts.slice(-3)).toEqual([Date.UTC(2025, 11), Date.UTC(2026, 0), Date.UTC(2026, 1)])
  expect(end).toBe(Date.UTC(2026, 2))
})

it('labels bars at equal distances, the last one among them', () => {
  const points = binsUntil(now, 'day').starts.map((at) => ({ at }))
  const weekly = [4, 11, 18, 25].map((day) => Date.UTC(2026, 0, day))
  expect(labelledStarts(points, 'day')).toEqual([...weekly, Date.UTC(2026, 1, 1)])
})
