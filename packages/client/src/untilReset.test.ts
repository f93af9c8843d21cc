import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { access, balance } from './access.fixture.ts'
import { untilReset } from './untilReset.ts'

const HOUR = 3_600_000
/** The random moment after a reset at which this browser asks. */
const SPREAD_MS = 2_000

describe('the time until a reset', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const until = (resets: readonly (number | null)[], at: number, dataUpdatedAt = Date.now()) =>
    untilReset({
      state: {
        data: access(
          resets.map((resetsAt, index) => balance(`f${index}`, 1, { resetsAt })),
          { at },
        ),
        dataUpdatedAt,
      },
    })

  const expectAbout = (delayMs: number | false, expectedMs: number) => {
    expect(delayMs).toBeGreaterThanOrEqual(expectedMs)
    expect(delayMs).toBeLessThanOrEqual(expectedMs + SPREAD_MS)
  }

  it('is that of the earliest', () => {
    expectAbout(until([HOUR * 2, HOUR, null], 0), HOUR)
  })

  it("is measured on the customer's clock, whatever the browser's says", () => {
    const at = Date.UTC(2040, 0, 1)
    expectAbout(until([at + HOUR], at, Date.now() - 600_000), HOUR - 600_000)
  })

  it('is short, and not none, when the reset is due', () => {
    expectAbout(until([HOUR], 0, Date.now() - HOUR), 1_000)
  })

  it('is none for a reset that was past when the access was read, so that nobody asks for ever', () => {
    expect(until([HOUR], HOUR)).toBe(false)
    expect(until([null], 0)).toBe(false)
    expect(untilReset({ state: { data: undefined, dataUpdatedAt: 0 } })).toBe(false)
  })

  it('fits into a timer of the browser', () => {
    expect(until([HOUR * 24 * 365], 0)).toBe(2 ** 31 - 1)
  })
})
