/** Decimal places that an amount keeps; more are refused where an amount is declared. */
export const DECIMAL_PLACES = 10

const SCALE = 10n ** BigInt(DECIMAL_PLACES)

/** The largest amount of units that a plan can grant. */
export const MAX_AMOUNT = 1e13

/** Whether a number is finite, at least 0, at most 10¹³, and has no more decimal places than an amount keeps. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_AMOUNT && decimalPlacesOf(value) <= DECIMAL_PLACES
}

/** The number as a whole count of 10⁻¹⁰, rounded to the nearest: 0.1 + 0.2 is 0.3 here. */
export function scaled(value: number): bigint {
  const { digits, places } = decimalOf(value)
  if (places <= DECIMAL_PLACES) return digits * 10n ** BigInt(DECIMAL_PLACES - places)
  const unit = 10n ** BigInt(places - DECIMAL_PLACES)
  return (digits + unit / 2n) / unit
}

/** The largest number that is not above the count of 10⁻¹⁰, with as many decimal places as it can carry. */
export function unscaled(amount: bigint): number {
  for (let dropped = 0; dropped < DECIMAL_PLACES; dropped += 1) {
    const unit = 10n ** BigInt(dropped)
    const value = Number(decimalText((amount / unit) * unit))
    if (scaled(value) <= amount) return value
  }
  return Number(amount / SCALE)
}

function decimalText(amount: bigint): string {
  return `${amount / SCALE}.${(amount % SCALE).toString().padStart(DECIMAL_PLACES, '0')}`
}

function decimalPlacesOf(value: number): number {
  return decimalOf(value).places
}

/** A non-negative number as the shortest decimal that reads back as it: 1.5e-7 is `{ digits: 15n, places: 8 }`. */
function decimalOf(value: number): { readonly digits: bigint; readonly places: number } {
  const [mantissa = '0', exponent = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}
