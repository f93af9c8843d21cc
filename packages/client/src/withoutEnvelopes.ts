import { type CustomerAccess, isEnvelope } from '@tollgate/features'

/** What the reader of an answer is to know besides the answer. */
export interface AnswerObserver {
  /** Balances came with it. */
  onAccess(access: CustomerAccess): void
  /** There is nothing more to come; after a stream was left early, too. */
  onEnd(failure?: unknown): void
}

/** An answer as the procedure gave it, out of the envelope that the server put around it; a stream without its last chunk, which is one. */
export function withoutEnvelopes(answer: unknown, observer: AnswerObserver): unknown {
  if (isAsyncIterable(answer)) return streamWithoutEnvelope(answer, observer)
  const data = isEnvelope(answer) ? unwrapped(answer, observer) : answer
  observer.onEnd()
  return data
}

/** An iterator by hand: leaving a generator that has not been started would tell nobody. */
function streamWithoutEnvelope(stream: AsyncIterable<unknown>, observer: AnswerObserver): AsyncIterableIterator<unknown> {
  const chunks = stream[Symbol.asyncIterator]()
  let ended = false
  const end = (failure?: unknown) => {
    if (!ended) observer.onEnd(failure)
    ended = true
  }
  return {
    async next() {
      try {
        const chunk = await chunks.next()
        if (chunk.done) {
          end()
          return chunk
        }
        if (!isEnvelope(chunk.value)) return chunk
        unwrapped(chunk.value, observer)
        return await this.next()
      } catch (failure) {
        end(failure)
        throw failure
      }
    },
    async return(value) {
      end()
      await chunks.return?.(value)
      return { done: true, value }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function unwrapped(envelope: { readonly data?: unknown; readonly access: CustomerAccess }, observer: AnswerObserver): unknown {
  observer.onAccess(envelope.access)
  return envelope.data
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
