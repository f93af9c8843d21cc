import { describe, expect, it } from 'vitest'
import { memoryStore } from './store/memory/memoryStore.ts'
import type { Store, Work } from './store/store.ts'
import { createTurns, type Pending } from './turns.ts'

/** A store that answers a batch when it is told to. */
function slowStore(overlap?: number) {
  const sizes: number[] = []
  const answers: (() => void)[] = []
  const store: Store = {
    ...memoryStore(),
    ...(overlap === undefined ? {} : { overlap }),
    transact(works) {
      sizes.push(works.length)
      return new Promise((resolve) => answers.push(resolve))
    },
  }
  return { store, sizes, answer: () => answers.shift()?.() }
}

/** Commands that come again each time they are answered, as long as `goesOn` says so. */
function crowd(turns: ReturnType<typeof createTurns>, size: number, goesOn: () => boolean): void {
  const work: Work = { customerId: 'ann', operationId: null, run: (state) => ({ state, entry: null, operation: null }) }
  for (let index = 0; index < size; index++) {
    const pending: Pending = {
      works: [work],
      isEarly: () => false,
      answer: () => {
        if (goesOn()) turns.push(pending)
      },
      tell: () => undefined,
      fail: () => undefined,
    }
    turns.push(pending)
  }
}

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 1 }).toBe(true)
}

describe('turns', () => {
  it('hand a store one batch at a time', async () => {
    const { store, sizes, answer } = slowStore()
    const turns = createTurns(store)
    crowd(turns, 100, () => sizes.length < 3)
    for (const batches of [1, 2, 3]) {
      await until(() => sizes.length === batches)
      answer()
    }
    await turns.finish()
    expect(sizes).toEqual([100, 100, 100])
  })

  it('part a crowd for a store that decides one batch while it writes another, and keep it parted', async () => {
    const { store, sizes, answer } = slowStore(2)
    const turns = createTurns(store)
    crowd(turns, 100, () => sizes.length < 6)
    for (const batches of [2, 3, 4, 5, 6]) {
      await until(() => sizes.length === batches)
      answer()
    }
    answer()
    await turns.finish()
    expect(sizes).toEqual([50, 50, 50, 50, 50, 50])
  })

  it('leave a few together, and have them wait for the batch that is under way', async () => {
    const { store, sizes, answer } = slowStore(2)
    const turns = createTurns(store)
    crowd(turns, 20, () => false)
    await until(() => sizes.length === 1)
    crowd(turns, 5, () => false)
    const finished = turns.finish()
    expect(sizes).toEqual([20])
    answer()
    await until(() => sizes.length === 2)
    answer()
    await finished
    expect(sizes).toEqual([20, 5])
  })
})
