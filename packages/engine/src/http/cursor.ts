import { invalidInputs } from './apiError.ts'

/** Where a page continues: the store's cursor for the page that is being read, and how much of that page was given already. */
export interface Place {
  /** Null: the store's first page. */
  readonly cursor: string | null
  readonly skip: number
}

const START: Place = { cursor: null, skip: 0 }

/** Writes a place as opaque text. */
export function renderPlace({ cursor, skip }: Place): string {
  return `p_${Buffer.from(JSON.stringify([cursor, skip])).toString('base64url')}`
}

/** Reads a place that `renderPlace` wrote; the empty text is the start. */
export function parsePlace(text: string): Place {
  if (text === '') return START
  const read = text.startsWith('p_') ? placeIn(Buffer.from(text.slice(2), 'base64url').toString()) : null
  if (read === null) throw invalidInputs('start_cursor: is not a cursor that this server gave')
  return read
}

function placeIn(json: string): Place | null {
  try {
    const parsed: unknown = JSON.parse(json)
    if (!Array.isArray(parsed) || parsed.length !== 2) return null
    const [cursor, skip]: readonly unknown[] = parsed
    const isCursor = cursor === null || typeof cursor === 'string'
    return isCursor && typeof skip === 'number' && Number.isSafeInteger(skip) && skip >= 0 ? { cursor, skip } : null
  } catch {
    return null
  }
}

/** Reads one page of the store. */
export type ReadPage<T> = (cursor: string | null) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>

/** Collects a page of what `wanted` makes of the store's items, over as many of its pages as that takes. */
export async function collectPage<T, TItem>(
  start: Place,
  limit: number,
  read: ReadPage<T>,
  wanted: (item: T) => readonly TItem[],
): Promise<{ readonly items: readonly TItem[]; readonly next: Place | null }> {
  const items: TItem[] = []
  let { cursor, skip } = start
  for (;;) {
    const page = await read(cursor)
    const found = page.items.flatMap(wanted)
    const taken = found.slice(skip, skip + limit - items.length)
    items.push(...taken)
    skip += taken.length
    if (skip < found.length) return { items, next: { cursor, skip } }
    if (page.nextCursor === null) return { items, next: null }
    cursor = page.nextCursor
    skip = 0
    if (items.length === limit) return { items, next: { cursor, skip } }
  }
}
