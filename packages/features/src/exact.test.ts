import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAmount, partsOf, unitsOf } from './exact.ts'

const amounts = fc.oneof(
  fc.integer({ min: 0, max: 1e13 }),
  fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 10 })).map(([digits, places]) => digits / 10 ** places),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
)

describe('parts', () => {
  it('are what the number says in decimal, not what its double stands for', () => {
    expect(partsOf(0.1)).toBe(1_000_000_000n)
    expect(partsOf(1e13 + 0.1)).toBe(100_000_000_000_001n * 10n ** 9n)
    expect(partsOf(1.5e-7)).toBe(1_500n)
    expect(partsOf(1e13)).toBe(10n ** 23n)
    expect(partsOf(1e21)).toBe(10n ** 31n)
  })

  it('forgive what adding doubles leaves behind', () => {
    expect(partsOf(0.1 + 0.2)).toBe(partsOf(0.3))
    expect(partsOf(1.1 * 3)).toBe(partsOf(3.3))
  })

  it('are rounded to the nearest', () => {
    expect(partsOf(4e-11)).toBe(0n)
    expect(partsOf(5e-11)).toBe(1n)
    expect(partsOf(1.00000000004)).toBe(partsOf(1))
  })

  it('read back as the number that they came from', () => {
    fc.assert(fc.property(amounts.filter(isAmount), (amount) => unitsOf(partsOf(amount)) === amount))
  })

  it('never read back as more than they are', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (parts) => partsOf(unitsOf(parts)) <= parts))
  })

  it('lose at most what a double cannot hold', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (parts) => {
        const lost = parts - partsOf(unitsOf(parts))
        return lost * 10n ** 14n <= parts
      }),
    )
  })
})

describe('an amount', () => {
  it.each([0, 1, 0.5, 1e-10, 0.1234567891, 1e13])('may be %s', (amount) => expect(isAmount(amount)).toBe(true))
  it.each([-1, -1e-10, Number.NaN, Number.POSITIVE_INFINITY, 1e13 + 1, 1e300, 1e-11, 0.12345678912, '1', null, undefined, 1n])(
    'may not be %s',
    (amount) => expect(isAmount(amount)).toBe(false),
  )
})
