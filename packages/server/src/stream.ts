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

type HowEnded = Parameters<StreamObserver['onEnd']>[0]

const NO_MORE = { done: true, value: undefined } as const

/**
 * Follows a stream from its first chunk to its end, whoever ends it.
 *
 * An iterator by hand: `return()` on a generator that was not started runs none of its `finally`, and this one must hear of it.
 */
export class FollowedStream implements AsyncIterableIterator<unknown> {
  readonly #chunks: AsyncIterator<unknown>
  readonly #signal: AbortSignal | undefined
  readonly #observer: StreamObserver
  #ending: Promise<{ readonly last: unknown } | null> | null = null
  #returned: IteratorResult<unknown> = NO_MORE
  #awaited = 0
  #isExpired = false

  constructor(source: AsyncIterable<unknown>, signal: AbortSignal | undefined, observer: StreamObserver) {
    this.#chunks = observer.within(() => source[Symbol.asyncIterator]())
    this.#signal = signal
    this.#observer = observer
    if (signal?.aborted) this.#leave()
    else signal?.addEventListener('abort', this.#leave, { once: true })
  }

  /** Whether its reader waits for a chunk right now. */
  get isAwaited(): boolean {
    return this.#awaited > 0
  }

  /** Ends it as left. A reader that comes back is told so, and does not take what it has for the whole. */
  expire(): void {
    if (this.#ending) return
    this.#isExpired = true
    this.#leave()
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#isExpired) throw new Error('the stream was ended because nobody had read it for long')
    if (this.#ending) return this.#returned
    this.#awaited++
    try {
      return await this.#read()
    } finally {
      this.#awaited--
    }
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    const isFirst = this.#ending === null
    const ends = this.#end('left')
    if (isFirst) await this.#observer.within(() => this.#chunks.return?.(value))
    await ends
    return { done: true, value }
  }

  async throw(error?: unknown): Promise<IteratorResult<unknown>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #read(): Promise<IteratorResult<unknown>> {
    const observer = this.#observer
    let chunk: IteratorResult<unknown>
    try {
      chunk = await observer.within(() => this.#chunks.next())
    } catch (error) {
      await this.#end('failed')
      await observer.onError(error)
      throw error
    }
    if (this.#ending) return NO_MORE
    if (chunk.done) {
      const last = await this.#end('done')
      this.#returned = { done: true, value: chunk.value }
      return last ? { done: false, value: last.last } : this.#returned
    }
    try {
      await observer.onChunk()
    } catch (error) {
      await this.#end('refused')
      this.#stop()
      await observer.onError(error)
      throw error
    }
    if (this.#ending) return NO_MORE
    observer.onDelivered()
    return chunk
  }

  #end(how: HowEnded): Promise<{ readonly last: unknown } | null> {
    this.#signal?.removeEventListener('abort', this.#leave)
    this.#ending ??= this.#observer.onEnd(how)
    return this.#ending
  }

  /** The reader is gone: work that does not heed the signal is not waited for. */
  readonly #leave = (): void => {
    this.#end('left').catch(() => {})
    this.#stop()
  }

  #stop(): void {
    const stopped = this.#observer.within(() => this.#chunks.return?.())
    // The work is over for everyone; what it throws on its way out concerns nobody.
    stopped?.catch(() => {})
  }
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
