import { isObservable, observableToAsyncIterable } from '@trpc/server/observable'

/** What a stream's reader and its work bring about; every stream ends exactly once. */
export interface StreamObserver {
  /** Runs each step of the work, so that what is below it finds the call. */
  within<T>(step: () => T): T
  /** A chunk is there, and goes out when this resolves; a rejection ends the stream instead. */
  onChunk(): Promise<void>
  /** An error is about to reach the reader. */
  onError(error: unknown): Promise<void>
  /** The chunk is the reader's. */
  onDelivered(): void
  /**
   * The stream has ended: the work was done, it threw, a chunk could not be paid, or the reader left. Answers a last chunk to send, if any.
   */
  onEnd(how: 'done' | 'failed' | 'refused' | 'left'): Promise<{ readonly last: unknown } | null>
}

/**
 * Follows a stream from its first chunk to its end, whoever ends it.
 *
 * An iterator by hand: `return()` on a generator that was not started runs none of its `finally`, and this one must hear of it.
 */
export function followedStream(
  source: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
  observer: StreamObserver,
): AsyncIterableIterator<unknown> {
  const chunks = observer.within(() => source[Symbol.asyncIterator]())
  let ending: Promise<{ readonly last: unknown } | null> | null = null
  let ended = false
  let returned: IteratorReturnResult<unknown> | null = null

  const end = (how: 'done' | 'failed' | 'refused' | 'left'): Promise<{ readonly last: unknown } | null> => {
    signal?.removeEventListener('abort', onAbort)
    ended = true
    ending ??= observer.onEnd(how)
    return ending
  }
  /** The reader is gone: work that does not heed the signal is not waited for. */
  const onAbort = (): void => {
    void end('left').catch(() => {})
    leave()
  }
  const leave = (): void => {
    const left = observer.within(() => chunks.return?.())
    // The work is over for everyone; what it throws on its way out concerns nobody.
    left?.catch(() => {})
  }

  const iterator: AsyncIterableIterator<unknown> = {
    async next() {
      if (ended) return returned ?? { done: true, value: undefined }
      let chunk: IteratorResult<unknown>
      try {
        chunk = await observer.within(() => chunks.next())
      } catch (error) {
        await end('failed')
        await observer.onError(error)
        throw error
      }
      if (ended) return { done: true, value: undefined }
      if (chunk.done) {
        const last = await end('done')
        returned = { done: true, value: chunk.value }
        return last ? { done: false, value: last.last } : returned
      }
      try {
        await observer.onChunk()
      } catch (error) {
        await end('refused')
        leave()
        await observer.onError(error)
        throw error
      }
      if (ended) return { done: true, value: undefined }
      observer.onDelivered()
      return chunk
    },
    async return(value?: unknown) {
      const isFirst = !ended
      const ends = end('left')
      if (isFirst) await observer.within(() => chunks.return?.(value))
      await ends
      return { done: true, value }
    },
    async throw(error?: unknown) {
      await iterator.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return iterator
    },
  }
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  return iterator
}

/** An answer that is a stream, as one; null for any other answer. */
export function iterableOf(
  data: unknown,
  call: { readonly type: string; readonly signal: AbortSignal | undefined },
): AsyncIterable<unknown> | null {
  if (call.type === 'subscription' && isObservable(data))
    return observableToAsyncIterable(data, call.signal ?? new AbortController().signal)
  const isIterable = typeof data === 'object' && data !== null && Symbol.asyncIterator in data
  // Only the presence of the method can be seen.
  return isIterable ? (data as AsyncIterable<unknown>) : null
}
