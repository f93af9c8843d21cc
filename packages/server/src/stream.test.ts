import { describe, expect, it, vi } from 'vitest'
import { FollowedStream, type StreamObserver } from './stream.ts'

describe('FollowedStream', () => {
  const observer = () => {
    const ends: string[] = []
    const all: StreamObserver = {
      within: (step) => step(),
      onChunk: async () => {},
      onError: async () => {},
      onDelivered: () => {},
      onEnd: async (how) => {
        ends.push(how)
        return null
      },
    }
    return { all, ends }
  }

  it('ends once when its reader leaves before the first chunk', async () => {
    const { all, ends } = observer()
    const ran = vi.fn()
    const stream = new FollowedStream(
      (async function* () {
        ran()
        yield 1
      })(),
      undefined,
      all,
    )
    await stream.return()
    await stream.return()
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(ends).toEqual(['left'])
    expect(ran).not.toHaveBeenCalled()
  })

  it('hands on what the work returns', async () => {
    const { all } = observer()
    const stream = new FollowedStream(
      (async function* () {
        yield 1
        return 'end'
      })(),
      undefined,
      all,
    )
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    expect(await stream.next()).toEqual({ done: true, value: 'end' })
    expect(await stream.next()).toEqual({ done: true, value: 'end' })
  })

  it('hands over no chunk that comes when its reader is gone, nor one that was paid too late', async () => {
    for (const late of ['the chunk', 'its payment']) {
      const { all, ends } = observer()
      const wait = Promise.withResolvers<void>()
      const delivered = vi.fn()
      const abort = new AbortController()
      const stream = new FollowedStream(
        (async function* () {
          if (late === 'the chunk') await wait.promise
          yield 1
        })(),
        abort.signal,
        { ...all, onChunk: () => (late === 'its payment' ? wait.promise : Promise.resolve()), onDelivered: delivered },
      )
      const next = stream.next()
      await new Promise(setImmediate)
      abort.abort()
      wait.resolve()
      expect(await next, late).toEqual({ done: true, value: undefined })
      expect(delivered, late).not.toHaveBeenCalled()
      expect(ends, late).toEqual(['left'])
    }
  })

  it('stops its work before its reader goes on, when that breaks off', async () => {
    const { all, ends } = observer()
    const stopped = vi.fn()
    const stream = new FollowedStream(
      (async function* () {
        try {
          yield 1
          yield 2
        } finally {
          await new Promise(setImmediate)
          stopped()
        }
      })(),
      undefined,
      all,
    )
    for await (const _ of stream) break
    expect(stopped).toHaveBeenCalledOnce()
    expect(ends).toEqual(['left'])
  })

  it('ends at once when the signal was aborted before', async () => {
    const { all, ends } = observer()
    const stream = new FollowedStream(
      (async function* () {
        yield 1
      })(),
      AbortSignal.abort(),
      all,
    )
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(ends).toEqual(['left'])
  })
})
