import type { Eventual } from '../store.ts'

/** Lets one batch after the other through: at once, unless something holds them up. */
export type Gate = <T>(pass: () => Eventual<T>) => Eventual<T>

/** @param holdUp when the next batch may pass; undefined: at once. */
export function createGate(holdUp: () => Promise<void> | undefined): Gate {
  /** The last batch that is held up: those that come later stay behind it. */
  let last: Promise<void> | null = null

  return (pass) => {
    const held = last === null ? holdUp() : last.then(holdUp)
    if (held === undefined) return pass()
    last = held
    return held.then(() => {
      if (last === held) last = null
      return pass()
    })
  }
}
