/**
 * An exact quantity of units: a whole number of ten-billionths (10⁻¹⁰) of a unit.
 *
 * Ten decimal places is what Autumn's ledger stores; `bigint` keeps sums exact at any size.
 */
export type Amount = bigint

/** How many steps one unit has. */
export const SCALE = 10_000_000_000n

const STEPS = Number(SCALE)
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The decimal places an amount can hold. */
export const DECIMAL_PLACES = 10

/** The largest quantity accepted in one number, in units. */
export const MAX_UNITS = 1e15

/** A number that cannot be kept exactly. Nothing has moved when it is thrown. */
export class InexactAmountError extends Error {
  override readonly name = 'InexactAmountError'
}

/** Converts a number of units; refuses what cannot be kept exactly: NaN, ±∞, beyond ±10¹⁵, more than ten decimal places. */
export function amountOf(units: number): Amount {
  return Number.isInteger(units) ? wholeAmount(units) : decimalAmount(units, 'refuse')
}

/** Converts a number of units and rounds it half up to ten decimal places, as Autumn does; refuses NaN, ±∞ and what lies beyond ±10¹⁵. */
export function roundedAmountOf(units: number): Amount {
  return Number.isInteger(units) ? wholeAmount(units) : decimalAmount(units, 'round')
}

/** Converts back to a number of units: the nearest double, exact for up to fifteen significant digits. */
export function unitsOf(amount: Amount): number {
  // Both are doubles exactly, and division rounds to the nearest.
  if (amount <= MAX_SAFE && amount >= -MAX_SAFE) return Number(amount) / STEPS
  const whole = amount / SCALE
  return whole * SCALE === amount ? Number(whole) : Number(formatAmount(amount))
}

/** Writes an amount as decimal text, e.g. `"12.5"`; `parseAmount` reads it back exactly. */
export function formatAmount(amount: Amount): string {
  const whole = amount / SCALE
  if (whole * SCALE === amount) return whole.toString()
  const magnitude = amount < 0n ? -amount : amount
  const fraction = (magnitude % SCALE).toString().padStart(DECIMAL_PLACES, '0').replace(/0+$/, '')
  return `${amount < 0n ? '-' : ''}${magnitude / SCALE}.${fraction}`
}

/** Reads decimal text written by `formatAmount`; throws `InexactAmountError` on anything else. */
export function parseAmount(text: string): Amount {
  const match = /^(-?)(\d+)(?:\.(\d{1,10}))?$/.exec(text)
  if (!match) throw new InexactAmountError(`'${text}' is not an amount: write digits with at most ten decimal places`)
  const [, sign = '', whole = '0', fraction = ''] = match
  const magnitude = BigInt(whole) * SCALE + BigInt(fraction.padEnd(DECIMAL_PLACES, '0'))
  return sign === '-' ? -magnitude : magnitude
}

/** Multiplies two quantities, rounding half away from zero to ten decimal places: units × cost per unit. */
export function times(amount: Amount, factor: Amount): Amount {
  if (factor === SCALE) return amount
  return divided(amount * factor, SCALE, 'nearest')
}

/** Divides two quantities and drops what is left over: how many units a pool of credits affords at a cost. */
export function dividedBy(amount: Amount, factor: Amount): Amount {
  if (factor === SCALE) return amount
  return divided(amount * SCALE, factor, 'down')
}

/** The smaller of two amounts. */
export function lesser(a: Amount, b: Amount): Amount {
  return a < b ? a : b
}

/** The larger of two amounts. */
export function greater(a: Amount, b: Amount): Amount {
  return a > b ? a : b
}

function wholeAmount(units: number): Amount {
  if (units > MAX_UNITS || units < -MAX_UNITS) throw new InexactAmountError(`${units} is beyond the largest amount, ${MAX_UNITS}`)
  return BigInt(units) * SCALE
}

function decimalAmount(units: number, excess: 'refuse' | 'round'): Amount {
  if (!Number.isFinite(units)) throw new InexactAmountError(`${units} is not an amount: give a finite number`)
  if (Math.abs(units) > MAX_UNITS) throw new InexactAmountError(`${units} is beyond the largest amount, ${MAX_UNITS}`)
  // The shortest text that reads back as this double: 0.1 is one tenth here, not 0.1000000000000000055.
  const [mantissa = '0', exponentText = '0'] = Math.abs(units).toString().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const places = fraction.length - Number(exponentText)
  const digits = BigInt(whole + fraction)
  if (places > DECIMAL_PLACES && excess === 'refuse') {
    throw new InexactAmountError(`${units} has more than ten decimal places: round it before it is counted`)
  }
  const magnitude =
    places > DECIMAL_PLACES
      ? divided(digits, 10n ** BigInt(places - DECIMAL_PLACES), 'nearest')
      : digits * 10n ** BigInt(DECIMAL_PLACES - places)
  return units < 0 ? -magnitude : magnitude
}

function divided(numerator: bigint, denominator: bigint, rounding: 'nearest' | 'down'): bigint {
  const quotient = numerator / denominator
  const rest = numerator - quotient * denominator
  if (rest === 0n || rounding === 'down') return quotient
  const doubled = (rest < 0n ? -rest : rest) * 2n
  if (doubled < (denominator < 0n ? -denominator : denominator)) return quotient
  return numerator < 0n === denominator < 0n ? quotient + 1n : quotient - 1n
}
