/** Decimal places that an amount keeps; more are refused where an amount is declared. */
export const DECIMAL_PLACES = 10

/** One unit, as a count of its smallest parts. */
export const ONE = 10n ** BigInt(DECIMAL_PLACES)

/** The largest amount of units that can be declared or asked for. */
export const MAX_AMOUNT = 1e13

/** Whether a number is from 0 to 10¹³ and has no more decimal places than an amount keeps. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_AMOUNT && decimalOf(value).places <= DECIMAL_PLACES
}

/** The number as a count of smallest parts, rounded to the nearest: 0.1 + 0.2 is 0.3 here. Takes what is finite and not below 0. */
export function partsOf(value: number): bigint {
  const { digits, places } = decimalOf(value)
  if (places <= DECIMAL_PLACES) return digits * 10n ** BigInt(DECIMAL_PLACES - places)
  const unit = 10n ** BigInt(places - DECIMAL_PLACES)
  return (digits + unit / 2n) / unit
}

/** The largest number that `partsOf` does not take above these parts. */
export function unitsOf(parts: bigint): number {
  // A double carries some sixteen digits: where the nearest one lies above, the last decimal places are dropped until it does not.
  for (let unit = 1n; unit < ONE; unit *= 10n) {
    const value = Number(decimalText((parts / unit) * unit))
    if (partsOf(value) <= parts) return value
  }
  return Number(parts / ONE)
}

function decimalText(parts: bigint): string {
  return `${parts / ONE}.${(parts % ONE).toString().padStart(DECIMAL_PLACES, '0')}`
}

/** A number as the shortest decimal that reads back as it: 1.5e-7 is `{ digits: 15n, places: 8 }`. */
function decimalOf(value: number): { readonly digits: bigint; readonly places: number } {
  const [mantissa = '0', exponent = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}
