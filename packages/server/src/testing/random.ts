/** Choices that are the same for the same seed. */
export interface Random {
  /** From 0 to 1, 1 excluded. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  /** True in so many of all cases, from 0 to 1. */
  chance(rate: number): boolean
  pick<T>(from: readonly T[]): T
}

/** Choices from a seed, by the SplitMix32 generator. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    chance: (rate) => next() < rate,
    pick(from) {
      const picked = from[int(0, from.length - 1)]
      if (picked === undefined) throw new RangeError('there is nothing to pick from')
      return picked
    },
  }
}
