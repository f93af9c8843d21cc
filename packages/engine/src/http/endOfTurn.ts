let pending: Promise<void> | null = null

/**
 * Waits until every request that has arrived in this turn of the event loop was read.
 *
 * Answers that wait for no write would otherwise go out one by one between the reads, each waking the other end for a single answer: under
 * load that costs more than the answers themselves. Answers to commands go out together anyway, with their batch.
 */
export function endOfTurn(): Promise<void> {
  pending ??= new Promise((resolve) => {
    setImmediate(() => {
      pending = null
      resolve()
    })
  })
  return pending
}
