import { z } from 'zod'
import type { Catalog } from '../core/catalog.ts'
import { decodeCatalog, decodeChanges } from '../core/codec.ts'
import type { Operation } from '../core/command.ts'
import type { Entry } from '../core/entry.ts'
import { catalog as catalogSchema } from './catalogSchema.ts'
import { faultOfEntry } from './changeSchema.ts'
import { count, firstIssueOf, id, operation as operationSchema } from './recordSchema.ts'

/**
 * The lines of a ledger file, each a JSON object with one key, in this order: one `tollgate`, at most one `catalog`; for each customer one
 * `customer` and as many `entry` as it announces; then each `operation`; one `end`, without which a file was cut off.
 */
export type LedgerLine =
  | { readonly kind: 'tollgate' }
  | { readonly kind: 'catalog'; readonly catalog: Catalog }
  | { readonly kind: 'customer'; readonly id: string; readonly entries: number }
  | { readonly kind: 'entry'; readonly entry: Omit<Entry, 'customerId'> }
  | { readonly kind: 'operation'; readonly operation: Operation }
  | { readonly kind: 'end'; readonly counts: LedgerCounts }

/** How much a ledger file holds. */
export interface LedgerCounts {
  readonly customers: number
  readonly entries: number
  readonly operations: number
}

/** Grows when a reader of the format before could not read a file any more. */
const FORMAT = 1

/** The first line of a ledger file. */
export const LEDGER_HEADER = { tollgate: { file: 'ledger', format: FORMAT } } as const

const header = z.looseObject({ file: z.literal('ledger'), format: count })
const customer = z.strictObject({ id, entries: z.int().positive() })
const end: z.ZodType<LedgerCounts> = z.strictObject({ customers: count, entries: count, operations: count })

/** Reads a line and checks its form in every detail; throws a sentence. */
export function parseLedgerLine(text: string): LedgerLine {
  const [kind, value] = pairOf(text)
  switch (kind) {
    case 'tollgate': {
      const { format } = checked(header, value, kind)
      if (format !== FORMAT) throw new Error(`the file has format ${format}, and this Tollgate reads format ${FORMAT}`)
      return { kind }
    }
    case 'catalog':
      checked(catalogSchema, value, kind)
      return { kind, catalog: decodeCatalog(JSON.stringify(value)) }
    case 'customer':
      return { kind, ...checked(customer, value, kind) }
    case 'entry':
      return { kind, entry: entryOf(value) }
    case 'operation':
      return { kind, operation: checked(operationSchema, value, kind) }
    case 'end':
      return { kind, counts: checked(end, value, kind) }
    default:
      throw new Error(`'${kind}' is nothing that a ledger file has`)
  }
}

function pairOf(text: string): readonly [string, unknown] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error('it is not JSON', { cause: error })
  }
  const pairs = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const [pair] = pairs
  if (pair === undefined || pairs.length > 1) throw new Error('it is not an object with one key')
  return pair
}

function entryOf(value: unknown): Omit<Entry, 'customerId'> {
  const fault = faultOfEntry(value)
  if (fault !== null) throw new Error(`entry: ${fault}`)
  // Its form was just found to be right. The value is taken as it was, since a schema's output leaves out what only looks dangerous.
  const { seq, at, operationId, changes } = value as Omit<Entry, 'customerId'>
  return { seq, at, operationId, changes: decodeChanges(JSON.stringify(changes)) }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, kind: string): T {
  const result = schema.safeParse(value)
  if (!result.success) throw new Error(`${kind}: ${firstIssueOf(result.error, [])}`)
  return result.data
}
