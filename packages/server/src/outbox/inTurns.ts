interface Waiting<TItem, TAnswer> {
  readonly item: TItem
  readonly resolve: (answer: TAnswer) => void
  readonly reject: (error: unknown) => void
}

/** Work that is done for many at once. */
export interface InTurns<TItem, TAnswer> {
  (item: TItem): Promise<TAnswer>
  /** Resolves once all that was asked for is done. */
  idle(): Promise<void>
}

/**
 * Does at once what is asked for within one turn of the event loop, and what is asked for while the last batch is under way. Batches follow one
 * another; one that fails, fails for all of its items.
 *
 * @param work answers its items in their order.
 */
export function inTurns<TItem, TAnswer>(work: (items: readonly TItem[]) => Promise<readonly TAnswer[]>): InTurns<TItem, TAnswer> {
  let waiting: Waiting<TItem, TAnswer>[] = []
  let running: Promise<void> | null = null

  const runBatch = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    try {
      const answers = await work(batch.map(({ item }) => item))
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const runAll = async (): Promise<void> => {
    await endOfTurn()
    while (waiting.length > 0) await runBatch()
    running = null
  }

  const add = (item: TItem): Promise<TAnswer> =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      running ??= runAll()
    })

  return Object.assign(add, {
    async idle() {
      await running
    },
  })
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
