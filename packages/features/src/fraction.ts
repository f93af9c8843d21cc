/** An exact quotient: what a pool of 1 credit affords at 3 credits per unit has no end as a decimal. The denominator is above 0. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** The fraction of two whole numbers. */
export function fractionOf(numerator: bigint, denominator = 1n): Fraction {
  return { numerator, denominator }
}

/** Nothing. */
export const ZERO = fractionOf(0n)

/** The sum. */
export function plus(a: Fraction, b: Fraction): Fraction {
  return fractionOf(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
}

/** The difference. */
export function minus(a: Fraction, b: Fraction): Fraction {
  return fractionOf(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
}

/** The product. */
export function times(a: Fraction, b: Fraction): Fraction {
  return fractionOf(a.numerator * b.numerator, a.denominator * b.denominator)
}

/** Whether the fraction is nothing. */
export function isZero({ numerator }: Fraction): boolean {
  return numerator === 0n
}

/** Whether `a` is below `b`. */
export function isLess(a: Fraction, b: Fraction): boolean {
  return a.numerator * b.denominator < b.numerator * a.denominator
}

/** The lesser of two; where they are equal, the first. */
export function lesser(a: Fraction, b: Fraction): Fraction {
  return isLess(b, a) ? b : a
}

/** The whole part of a fraction that is not below 0. */
export function floor({ numerator, denominator }: Fraction): bigint {
  return numerator / denominator
}

/** The fraction, not below 0, rounded up to a whole number. */
export function ceiling({ numerator, denominator }: Fraction): bigint {
  return (numerator + denominator - 1n) / denominator
}
