import { createColumn } from './column.ts'
import { orderOf } from './order.ts'

/** Where the newest records of operations stand, found by id. */
export interface OperationNotes {
  readonly length: number
  /** Notes where the newest record of an id stands: the place of one that is noted already is replaced. */
  set(operationId: string, hash: number, position: number): void
  /** Null when the id is not noted. */
  positionOf(operationId: string, hash: number): number | null
  /** The places of all records, by hash, or nearly so. */
  inOrder(): Uint32Array
  /** The row that the record at a place has in its folded table. */
  rowAt(place: number): readonly [hash: number, position: number]
}

const FIRST_SLOTS = 2_048

/** Builds a hash table with open addresses, at most half full: a map of strings would follow a pointer for each id that it looks at. */
export function createOperationNotes(): OperationNotes {
  const [hashes, positions] = [createColumn(), createColumn()]
  const ids: string[] = []
  /** Of each slot, one above the place of its id; 0: it is free. */
  let slots = new Uint32Array(FIRST_SLOTS)

  /** The slot of an id, or the free one where it belongs. */
  const slotOf = (operationId: string, hash: number): number => {
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = (slots[slot] ?? 0) - 1
      if (place === -1 || (hashes.at(place) === hash && ids[place] === operationId)) return slot
    }
  }

  const placeAt = (slot: number): number | null => {
    const above = slots[slot] ?? 0
    return above === 0 ? null : above - 1
  }

  const grow = (): void => {
    const larger = new Uint32Array(slots.length * 2)
    const mask = larger.length - 1
    for (let place = 0; place < ids.length; place++) {
      let slot = hashes.at(place) & mask
      while (larger[slot] !== 0) slot = (slot + 1) & mask
      larger[slot] = place + 1
    }
    slots = larger
  }

  return {
    get length() {
      return ids.length
    },
    set(operationId, hash, position) {
      const slot = slotOf(operationId, hash)
      const known = placeAt(slot)
      if (known !== null) {
        positions.set(known, position)
        return
      }
      ids.push(operationId)
      hashes.push(hash)
      positions.push(position)
      slots[slot] = ids.length
      if (ids.length * 2 > slots.length) grow()
    },
    positionOf(operationId, hash) {
      const place = placeAt(slotOf(operationId, hash))
      return place === null ? null : positions.at(place)
    },
    inOrder: () => orderOf(hashes.values()),
    rowAt: (place) => [hashes.at(place), positions.at(place)],
  }
}
