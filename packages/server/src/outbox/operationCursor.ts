import type { OperationRecord } from './outboxStore.ts'

interface Position {
  readonly at: number
  readonly id: string
}

/** Where a page begins; the first one after everything. */
export function parseCursor(cursor: string | null): Position {
  if (cursor === null) return { at: Number.MAX_SAFE_INTEGER, id: '' }
  const slash = cursor.indexOf('/')
  return { at: Number(cursor.slice(0, slash)), id: cursor.slice(slash + 1) }
}

/** The cursor of the page that follows these. */
export function cursorAfter(items: readonly OperationRecord[]): string | null {
  const last = items.at(-1)
  return last === undefined ? null : `${last.at}/${last.id}`
}
