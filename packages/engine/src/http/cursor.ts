import { invalidInputs } from './apiError.ts'

/** Where a page continues: the store's cursor before the next item, and how much of what that item holds was given already. */
export interface Place {
  /** Null: the store's first item. */
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

/** Reads at most `limit` items of the store. */
export type ReadPage<T> = (
  cursor: string | null,
  limit: number,
) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>

/** Items that are read from the store at once. */
const READ = 200

/**
 * Collects a page of what `wanted` makes of the store's items, over as many reads as that takes.
 *
 * The next page begins before an item of the store, not at a number of items: so it stays where it is while items are added.
 */
export async function collectPage<T, TItem>(
  start: Place,
  limit: number,
  read: ReadPage<T>,
  wanted: (item: T) => readonly TItem[],
): Promise<{ readonly items: readonly TItem[]; readonly next: Place | null }> {
  const items: TItem[] = []
  let { cursor, skip } = start
  for (;;) {
    // The first read takes no more than can be given, so that it need not be read again while items are added before it.
    const page = await read(cursor, cursor === null ? limit : READ)
    for (const [index, item] of page.items.entries()) {
      const found = wanted(item).slice(skip)
      const room = limit - items.length
      if (found.length > room || (room === 0 && found.length > 0)) {
        items.push(...found.slice(0, room))
        return { items, next: { cursor: await cursorAfter(read, cursor, index), skip: skip + room } }
      }
      items.push(...found)
      skip = 0
    }
    if (page.nextCursor === null) return { items, next: null }
    cursor = page.nextCursor
  }
}

/** The store's cursor after so many items. */
async function cursorAfter<T>(read: ReadPage<T>, cursor: string | null, count: number): Promise<string | null> {
  return count === 0 ? cursor : (await read(cursor, count)).nextCursor
}
