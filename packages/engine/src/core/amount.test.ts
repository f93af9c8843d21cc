import { describe, expect, it } from 'vitest'
import { amountOf, dividedBy, formatAmount, InexactAmountError, parseAmount, roundedAmountOf, SCALE, times, unitsOf } from './amount.ts'

describe('amounts', () => {
  it('add up exactly where doubles do not', () => {
    expect(unitsOf(amountOf(0.1) + amountOf(0.1) + amountOf(0.1))).toBe(0.3)
    expect(unitsOf(amountOf(10) - amountOf(0.1) - amountOf(0.1) - amountOf(0.1))).toBe(9.7)
  })

  it.each([0, 1, -1, 0.25, -7.5, 1e-10, 123_456.789, 1e12, 999_999_999_999.999, 1e15, -1e15, 0.1234567891])('keep %d', (units) => {
    expect(unitsOf(amountOf(units))).toBe(units)
    expect(parseAmount(formatAmount(amountOf(units)))).toBe(amountOf(units))
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e300, 1e15 + 1, 1e-11, 0.12345678912, 1 / 3])(
    'refuse %d, which cannot be kept exactly',
    (units) => {
      expect(() => amountOf(units)).toThrow(InexactAmountError)
    },
  )

  it('can be rounded to ten places instead, half away from zero', () => {
    expect(formatAmount(roundedAmountOf(1 / 3))).toBe('0.3333333333')
    expect(formatAmount(roundedAmountOf(2 / 3))).toBe('0.6666666667')
    expect(formatAmount(roundedAmountOf(-2 / 3))).toBe('-0.6666666667')
    expect(roundedAmountOf(4e-11)).toBe(0n)
    expect(() => roundedAmountOf(Number.NaN)).toThrow(InexactAmountError)
    expect(() => roundedAmountOf(1e300)).toThrow(InexactAmountError)
  })

  it('are written as plain decimals', () => {
    expect(formatAmount(amountOf(12.5))).toBe('12.5')
    expect(formatAmount(amountOf(-0.05))).toBe('-0.05')
    expect(formatAmount(amountOf(1e15))).toBe('1000000000000000')
  })

  it.each(['', 'NaN', '1e3', '1.', '.5', '1.12345678901', '0x1', ' 1', '1n'])('do not read %j', (text) => {
    expect(() => parseAmount(text)).toThrow(InexactAmountError)
  })

  it('multiply to the nearest tenth place and divide downwards', () => {
    expect(unitsOf(times(amountOf(3), amountOf(0.2)))).toBe(0.6)
    expect(times(1n, SCALE / 2n)).toBe(1n)
    expect(times(-1n, SCALE / 2n)).toBe(-1n)
    expect(dividedBy(amountOf(1), amountOf(3))).toBe(3_333_333_333n)
    expect(unitsOf(dividedBy(amountOf(0.6), amountOf(0.2)))).toBe(3)
  })
})
