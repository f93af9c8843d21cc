import { type Amount, SCALE, times } from './amount.ts'

/**
 * Units still to be paid, kept as an exact quotient.
 *
 * One credit at three credits a unit pays a third of a unit, which no decimal holds: rounding it would let several grants that together
 * have enough come out short.
 */
export interface Owed {
  readonly numerator: bigint
  readonly denominator: bigint
}

export function owedOf(units: Amount): Owed {
  return { numerator: units, denominator: 1n }
}

export const NOTHING_OWED: Owed = owedOf(0n)

/** What the units cost, in units of the payer. */
export function priceOf(owed: Owed, cost: Amount): Amount {
  if (owed.denominator === 1n) return times(owed.numerator, cost)
  const divisor = owed.denominator * SCALE
  return (2n * owed.numerator * cost + divisor) / (2n * divisor)
}

/** What is owed after a payer paid less than the price. */
export function afterPaying(owed: Owed, paid: Amount, cost: Amount): Owed {
  if (cost === SCALE) return { numerator: owed.numerator - paid * owed.denominator, denominator: owed.denominator }
  return { numerator: owed.numerator * cost - paid * SCALE * owed.denominator, denominator: owed.denominator * cost }
}

/** The units owed, rounded up: a fraction that cannot be written is still not paid. */
export function unitsOwed({ numerator, denominator }: Owed): Amount {
  return denominator === 1n ? numerator : (numerator + denominator - 1n) / denominator
}
