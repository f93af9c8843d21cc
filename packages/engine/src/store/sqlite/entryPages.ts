import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entry } from '../../core/entry.ts'
import type { EntryQuery, Page } from '../store.ts'
import type { EntryTable } from './entryTable.ts'
import { findResident, type Memory } from './memory.ts'

/** How many places are looked through before other work gets its turn. */
const STRETCH = 2_000

/** An entry on a numbered list: of all entries, or of one customer's. */
interface Listed {
  readonly index: number
  readonly position: number
}

interface Stretch {
  readonly first: number
  readonly last: number
  readonly from: number
  readonly until: number
}

/** Reads a page of the ledger. Long searches by time let other work in between. */
export async function pageOfEntries(memory: Memory, query: EntryQuery): Promise<Page<Entry>> {
  const { entries, entryIndex } = memory
  if (query.customerId === undefined) {
    return pageOf(entries, query, entries.last, (stretch) => entries.positions(stretch).map((position) => ({ index: position, position })))
  }
  const resident = findResident(memory, query.customerId)
  if (resident === null) return { items: [], nextCursor: null }
  return pageOf(entries, query, resident.state.seq, (stretch) =>
    entryIndex.positions(resident.number, stretch).map(({ seq, position }) => ({ index: seq, position })),
  )
}

/** Collects a page along a list numbered from 1 to `end`. The cursor is the number of the last entry taken. */
async function pageOf(
  entries: EntryTable,
  query: EntryQuery,
  end: number,
  listed: (stretch: Stretch) => readonly Listed[],
): Promise<Page<Entry>> {
  const { limit, from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = query
  const step = query.order === 'oldest' ? 1 : -1
  const isTimed = query.from !== undefined || query.until !== undefined
  const length = isTimed ? STRETCH : limit + 1
  const found: Listed[] = []
  let next = query.cursor === undefined ? (step === 1 ? 1 : end) : Number(query.cursor) + step
  while (found.length <= limit && next >= 1 && next <= end) {
    const far = Math.max(1, Math.min(end, next + step * (length - 1)))
    const stretch = listed({ first: Math.min(next, far), last: Math.max(next, far), from, until })
    found.push(...(step === 1 ? stretch : stretch.toReversed()))
    next = far + step
    if (isTimed) await nextTurn()
  }
  const items = found.slice(0, limit).map(({ position }) => entries.read(position))
  return {
    items: items.filter((entry) => entry !== null),
    nextCursor: found.length > limit ? String(found[limit - 1]?.index) : null,
  }
}
