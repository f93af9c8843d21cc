import { isAmount } from './exact.ts'
import { RegistryError } from './registryError.ts'
import { shown } from './shown.ts'

/** The value as an amount of units: 0 to 10¹³ with at most ten decimal places. */
export function checkAmount(what: string, value: unknown): number {
  if (isAmount(value)) return value
  throw new RegistryError(`${what} is ${shown(value)}: give a number from 0 to 10,000,000,000,000 with at most ten decimal places`)
}

/** The value as an amount above zero. */
export function checkPositive(what: string, value: unknown): number {
  if (isAmount(value) && value > 0) return value
  throw new RegistryError(`${what} is ${shown(value)}: give a number above 0, up to 10,000,000,000,000, with at most ten decimal places`)
}

/** The value as a percentage above zero. */
export function checkPercentage(what: string, value: unknown): number {
  if (isAmount(value) && value > 0 && value <= 100) return value
  throw new RegistryError(`${what} is ${shown(value)}: give a percentage above 0, up to 100`)
}

/** The value as a whole number from 1. */
export function checkCount(what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new RegistryError(`${what} is ${shown(value)}: give a whole number from 1`)
}

/** The value as one of the words. */
export function checkOneOf<const $Word extends string>(what: string, value: unknown, words: readonly $Word[]): $Word {
  const word = words.find((each) => each === value)
  if (word !== undefined) return word
  throw new RegistryError(`${what} is ${shown(value)}: give one of ${words.map(shown).join(', ')}`)
}

/** The value as text that is not blank. */
export function checkText(what: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new RegistryError(`${what} is ${shown(value)}: give a text that is not empty`)
}

/** The value as true or false. */
export function checkBoolean(what: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new RegistryError(`${what} is ${shown(value)}: give true or false`)
}

/** The value as an object that has no keys but these: a misspelt one would say nothing, silently. */
export function checkOptions<const $Key extends string>(
  what: string,
  value: unknown,
  keys: readonly $Key[],
): { readonly [Key in $Key]?: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RegistryError(`${what} is given ${shown(value)}: give an object with ${keys.join(', ')}`)
  }
  const stranger = Object.keys(value).find((key) => !keys.some((each) => each === key))
  if (stranger !== undefined) {
    throw new RegistryError(`${what} is given ${shown(stranger)}, which it does not know: it takes ${keys.join(', ')}`)
  }
  return value
}
