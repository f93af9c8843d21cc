import type { DatabaseSync } from 'node:sqlite'

/** Finds a customer's entries: the newest in memory, those that were folded in their table. */
export interface EntryIndex {
  /** Notes where an entry stands. The entries of a customer are noted in order. */
  note(entry: NotedEntry): void
  /** Where the customer's entry with a number stands; null when there is none. */
  positionOf(number: number, seq: number): number | null
  /** Where the customer's entries numbered from `first` to `last` stand, both included, that lie in a span of time. Oldest first. */
  positions(number: number, span: SeqSpan): readonly SeqPosition[]
  /** The number of the customer's last entry; 0 when there is none. */
  lastSeq(number: number): number
  /** How many entries are noted that no fold has taken. */
  readonly unfolded: number
  /** Takes what was noted, to be folded. Until `drop` is called it is found in memory. */
  take(): TakenEntries
}

export interface NotedEntry {
  readonly customerId: string
  /** The customer's number. */
  readonly number: number
  readonly seq: number
  readonly at: number
  readonly position: number
}

export interface SeqSpan {
  readonly first: number
  readonly last: number
  readonly from: number
  readonly until: number
}

export interface SeqPosition {
  readonly seq: number
  readonly position: number
}

export interface TakenEntries {
  /** By customer, in the order of their numbers. */
  readonly runs: readonly EntryRun[]
  drop(): void
}

/** Entries of one customer, one after the other. */
export interface EntryRun {
  readonly customerId: string
  readonly number: number
  /** The number of the first. */
  readonly first: number
  readonly entries: readonly PlacedInTime[]
}

interface PlacedInTime {
  readonly at: number
  readonly position: number
}

type Runs = ReadonlyMap<number, EntryRun & { readonly entries: PlacedInTime[] }>

export function createEntryIndex(database: DatabaseSync): EntryIndex {
  const selectOne = database.prepare('SELECT position FROM entry_positions WHERE number = ? AND seq = ?')
  const selectLast = database.prepare('SELECT max(seq) AS last FROM entry_positions WHERE number = ?')
  const selectSpan = database.prepare(
    'SELECT seq, position FROM entry_positions WHERE number = ? AND seq BETWEEN ? AND ? AND at >= ? AND at < ? ORDER BY seq',
  )
  let noted = new Map<number, EntryRun & { readonly entries: PlacedInTime[] }>()
  let taken: Runs = new Map()
  let unfolded = 0

  /** The customer's entries in memory, oldest first: what a fold has taken, then what came since. */
  const runsOf = (number: number): readonly EntryRun[] => [taken.get(number), noted.get(number)].filter((run) => run !== undefined)

  return {
    get unfolded() {
      return unfolded
    },
    note({ customerId, number, seq, at, position }) {
      unfolded += 1
      const run = noted.get(number)
      if (run === undefined) noted.set(number, { customerId, number, first: seq, entries: [{ at, position }] })
      else run.entries.push({ at, position })
    },
    positionOf(number, seq) {
      for (const { first, entries } of runsOf(number)) {
        const inMemory = entries[seq - first]
        if (inMemory !== undefined) return inMemory.position
      }
      const row = selectOne.get(number, seq)
      return row === undefined ? null : Number(row['position'])
    },
    positions(number, { first, last, from, until }) {
      const runs = runsOf(number)
      const folded = selectSpan
        .all(number, first, Math.min(last, (runs[0]?.first ?? Number.POSITIVE_INFINITY) - 1), from, until)
        .map((row) => ({ seq: Number(row['seq']), position: Number(row['position']) }))
      const inMemory = runs.flatMap((run) => numbered(run, first, last).filter(({ at }) => at >= from && at < until))
      return [...folded, ...inMemory]
    },
    lastSeq(number) {
      const run = runsOf(number).at(-1)
      return run === undefined ? Number(selectLast.get(number)?.['last'] ?? 0) : run.first + run.entries.length - 1
    },
    take() {
      taken = noted
      noted = new Map()
      unfolded = 0
      return {
        runs: [...taken.values()].sort((a, b) => a.number - b.number),
        drop() {
          taken = new Map()
        },
      }
    },
  }
}

/** The entries of a run from one number to another, each with its own. */
function numbered(run: EntryRun, first: number, last: number): readonly (PlacedInTime & { readonly seq: number })[] {
  const start = Math.max(first, run.first)
  return run.entries.slice(start - run.first, Math.max(0, last - run.first + 1)).map((entry, index) => ({ ...entry, seq: start + index }))
}
