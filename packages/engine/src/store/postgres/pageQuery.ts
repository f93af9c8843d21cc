import type { Page } from '../store.ts'
import { type Query, type Row, unprepared } from './roundTrip.ts'

export interface Paging {
  readonly order: 'oldest' | 'newest'
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A condition on rows, with `?` in the place of its value. */
export type Condition = readonly [sql: string, value: string | number | boolean]

/**
 * The query of one page along an order of rows, and of one row more, which tells whether another page follows.
 *
 * @param places the columns that put the rows in order and that no two rows share. A cursor is a row's values of them: so it stays good
 * whatever is added.
 * @returns null when the cursor is none of this list's: there is nothing after it.
 */
export function pageQuery(select: string, places: readonly string[], conditions: readonly Condition[], paging: Paging): Query | null {
  const { order, limit, cursor } = paging
  const values: (string | number | boolean)[] = []
  const place = (value: string | number | boolean): string => `$${values.push(value)}`
  const filters = conditions.map(([sql, value]) => sql.replace('?', place(value)))
  if (cursor !== undefined) {
    const after = placeOf(cursor)
    if (after?.length !== places.length) return null
    filters.push(`(${places.join(', ')}) ${order === 'oldest' ? '>' : '<'} (${after.map(place).join(', ')})`)
  }
  const where = filters.length === 0 ? '' : ` WHERE ${filters.join(' AND ')}`
  const sorted = places.map((column) => `${column} ${order === 'oldest' ? 'ASC' : 'DESC'}`).join(', ')
  return { statement: unprepared(`${select}${where} ORDER BY ${sorted} LIMIT ${place(limit + 1)}`), values }
}

/** The page that the rows of a `pageQuery` make up. */
export function pageOf(rows: readonly Row[], limit: number, placeOfRow: (row: Row) => Row): Page<Row> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorAt(placeOfRow(last)) : null }
}

function cursorAt(place: Row): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function placeOf(cursor: string): readonly string[] | null {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(place) && place.every((value) => typeof value === 'string') ? place : null
  } catch {
    return null
  }
}
