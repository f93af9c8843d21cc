/** Numbers in memory, one after the other, without an object for each: there is nothing in them for the garbage collector to follow. */
export interface Column {
  readonly length: number
  push(value: number): void
  /** The value at a place that was filled. */
  at(place: number): number
  set(place: number, value: number): void
  /** The values that were pushed so far. */
  values(): Float64Array
}

const FIRST_CAPACITY = 1_024

export function createColumn(): Column {
  let held = new Float64Array(FIRST_CAPACITY)
  let length = 0

  return {
    get length() {
      return length
    },
    push(value) {
      if (length === held.length) {
        const larger = new Float64Array(2 * length)
        larger.set(held)
        held = larger
      }
      held[length++] = value
    },
    at: (place) => held[place] ?? Number.NaN,
    set(place, value) {
      held[place] = value
    },
    values: () => held.subarray(0, length),
  }
}
