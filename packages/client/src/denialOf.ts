import type { Denial } from '@tollgate/features'

/**
 * The refusal that an error tells of, with all that an upgrade prompt needs; null for any other error and for none.
 *
 * Takes whatever a mutation, a query, `safe()` or a `catch` hands over.
 */
export function denialOf<TFeatureId extends string = string>(error: unknown): Denial<TFeatureId> | null {
  const denial = fieldOf(fieldOf(error, 'data'), 'denial')
  // Only our server writes this field, and it writes a `Denial`.
  return fieldOf(denial, 'reason') === undefined ? null : (denial as Denial<TFeatureId>)
}

function fieldOf(value: unknown, field: string): unknown {
  // Any object may be asked for any field.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined
}
