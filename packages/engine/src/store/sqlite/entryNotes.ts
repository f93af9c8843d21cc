import { createColumn } from './column.ts'
import { orderOf } from './order.ts'

/** Where entries stand, in the order in which they were noted. A customer's entries follow one another without gaps. */
export interface EntryNotes {
  readonly length: number
  add(entry: NotedEntry): void
  /** The number of the customer's first entry noted here; null when there is none. */
  firstSeq(number: number): number | null
  lastSeq(number: number): number | null
  positionOf(number: number, seq: number): number | null
  /** The customer's entries of a span, oldest first. */
  positions(number: number, span: SeqSpan): readonly SeqPosition[]
  /** The places of all entries, by customer and then by number, or nearly so. */
  inOrder(): Uint32Array
  /** The row that the entry at a place has in its folded table. */
  rowAt(place: number): readonly [number: number, seq: number, at: number, position: number]
}

export interface NotedEntry {
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

/** Stands for the entry before a customer's first. */
const NONE = -1

export function createEntryNotes(): EntryNotes {
  const [numbers, seqs, times, positions] = [createColumn(), createColumn(), createColumn(), createColumn()]
  /** Of each entry, the place of the same customer's entry before it. */
  const earlier = createColumn()
  /** Of each customer, the place of the newest entry. */
  const newest = new Map<number, number>()

  const placeOf = (number: number, seq: number): number => {
    let place = newest.get(number) ?? NONE
    while (place !== NONE && seqs.at(place) > seq) place = earlier.at(place)
    return place
  }

  return {
    get length() {
      return numbers.length
    },
    add({ number, seq, at, position }) {
      earlier.push(newest.get(number) ?? NONE)
      newest.set(number, numbers.length)
      numbers.push(number)
      seqs.push(seq)
      times.push(at)
      positions.push(position)
    },
    firstSeq(number) {
      let first: number | null = null
      for (let place = newest.get(number) ?? NONE; place !== NONE; place = earlier.at(place)) first = seqs.at(place)
      return first
    },
    lastSeq(number) {
      const place = newest.get(number)
      return place === undefined ? null : seqs.at(place)
    },
    positionOf(number, seq) {
      const place = placeOf(number, seq)
      return place === NONE || seqs.at(place) !== seq ? null : positions.at(place)
    },
    positions(number, { first, last, from, until }) {
      const found: SeqPosition[] = []
      for (let place = placeOf(number, last); place !== NONE && seqs.at(place) >= first; place = earlier.at(place)) {
        const at = times.at(place)
        if (at >= from && at < until) found.push({ seq: seqs.at(place), position: positions.at(place) })
      }
      return found.reverse()
    },
    inOrder: () => orderOf(numbers.values()),
    rowAt: (place) => [numbers.at(place), seqs.at(place), times.at(place), positions.at(place)],
  }
}
