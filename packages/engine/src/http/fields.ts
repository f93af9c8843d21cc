import { z } from 'zod'
import { MAX_UNITS } from '../core/amount.ts'
import { INTERVAL_UNITS } from '../core/period.ts'

/** The last instant that is accepted: the end of the year 9999, in ms since the epoch. */
const LAST_INSTANT = 253_402_300_799_999

const MAX_TEXT = 10_000
const MAX_DEPTH = 32
const MAX_KEYS = 1_000

/** Any text that can be stored. */
export const text = z
  .string()
  .max(MAX_TEXT)
  .refine((value) => !value.includes('\0'), 'must not contain the NUL character')

/** The id of something that exists or not: whatever is not an id is simply not found. */
export const reference = text.max(256)

/** The id of a customer that may be created. */
export const customerId = z.string().superRefine((id, { addIssue }) => {
  const fault = idFault(id)
  if (fault) addIssue(fault)
})

/** The id of a feature or plan that may be created. */
export const catalogId = customerId

/** A quantity of units: finite, and small enough to be counted exactly. */
export const units = z
  .number()
  .refine((value) => Math.abs(value) <= MAX_UNITS, `must be between -${MAX_UNITS} and ${MAX_UNITS}, to be counted exactly`)

/** What a plan or a balance grants. */
export const grantedUnits = z.number().min(0).max(10_000_000_000_000)

export const instant = z.number().int().min(0).max(LAST_INSTANT)

export const intervalUnit = z.enum(INTERVAL_UNITS)

export const intervalCount = z.number().int().min(1).max(1_000)

/** Free-form facts, kept as they come. */
export const properties = z.record(z.string(), z.unknown()).superRefine((value, { addIssue }) => {
  if (Object.keys(value).length > MAX_KEYS) addIssue(`must have at most ${MAX_KEYS} keys`)
  if (isDeeper(value, MAX_DEPTH)) addIssue(`must not be nested deeper than ${MAX_DEPTH} levels`)
})

export const cursor = z.string().max(1_000).default('')

/** One page of a list. */
export const page = { start_cursor: cursor, limit: z.number().int().min(1).max(1_000).default(50) }

/** What a request may say about a customer that it creates on the way. */
export const customerData = z.object({
  name: text.nullish(),
  email: text.nullish(),
  fingerprint: text.nullish(),
  metadata: properties.nullish(),
  send_email_receipts: z.boolean().optional(),
})

/** What a request may say about an entity that it creates on the way. */
export const entityData = z.object({ name: text.nullish(), feature_id: reference.optional() })

function idFault(id: string): string | null {
  const rule = 'Use only letters, numbers, underscores, hyphens, and colons.'
  if (id === '') return "can't be an empty string"
  if (id.length > 256) return 'must have at most 256 characters'
  if (id.includes('@')) return `cannot contain @ symbol. ${rule}`
  if (id.includes(' ')) return `cannot contain spaces. ${rule}`
  if (id.includes('.')) return `cannot contain periods. ${rule}`
  const stranger = /[^a-zA-Z0-9_:-]/u.exec(id)
  return stranger ? `cannot contain '${stranger[0]}'. ${rule}` : null
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((each) => isDeeper(each, levels - 1))
}
