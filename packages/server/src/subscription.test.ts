import { connect } from 'node:net'
import { TRPCError, tracked } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { clientOf } from './client.fixture.ts'
import { balance, openMetering, serve } from './served.fixture.ts'
import { nextSettlement } from './settlement.fixture.ts'

/** Reads events as a browser does, until so many have come; then its network is gone. */
async function readEvents(url: string, count: number, lastEventId: string | null): Promise<readonly string[]> {
  const abort = new AbortController()
  const headers = { accept: 'text/event-stream', ...(lastEventId !== null && { 'last-event-id': lastEventId }) }
  const { body } = await fetch(url, { headers, signal: abort.signal })
  const ids: string[] = []
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    ids.push(...[...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? ''))
    if (ids.length >= count) break
  }
  abort.abort()
  return ids
}

describe('a subscription', () => {
  it('is counted as it flows, and commits what was delivered when it is unsubscribed', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 2 }).subscription(async function* ({ ctx, signal }) {
        for (let tick = 1; tick <= 3; tick++) {
          ctx.usage.add(1)
          yield tracked(`${tick}`, tick)
        }
        await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      }),
    })
    const client = clientOf<typeof router>(await serve(router))
    const settled = nextSettlement(engine)
    const heard: number[] = []
    await new Promise<void>((resolve) => {
      const subscription = client.ticks.subscribe(undefined, {
        onData({ data }) {
          heard.push(data)
          if (data < 3) return
          subscription.unsubscribe()
          resolve()
        },
      })
    })
    await settled
    expect(heard).toEqual([1, 2, 3])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, remaining: 2, held: 0 })
  })

  it('ends with the denial after the last event that could be paid', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 1 }).subscription(async function* ({ ctx }) {
        for (let tick = 1; ; tick++) {
          ctx.usage.add(1)
          yield tick
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router))
    const heard: number[] = []
    const error = await new Promise<{ data?: { denial: unknown } | null }>((resolve) => {
      const subscription = client.ticks.subscribe(undefined, {
        onData: (tick) => heard.push(tick),
        onError(failure) {
          subscription.unsubscribe()
          resolve(failure as never)
        },
      })
    })
    expect(heard).toEqual([1, 2, 3, 4, 5])
    expect(error.data?.denial).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it('goes on where it was after a reconnect, and no event is charged twice', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const started = vi.fn()
    const From = z.object({ lastEventId: z.string().nullish() }).optional()
    const router = t.router({
      ticks: meteredProcedure('messages', { input: From, units: 1 }).subscription(async function* ({ ctx, input, signal }) {
        started(input?.lastEventId ?? null)
        const from = Number(input?.lastEventId ?? 0)
        for (let tick = from + 1; tick <= from + 2; tick++) {
          ctx.usage.add(1)
          yield tracked(`${tick}`, tick)
        }
        await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      }),
    })
    const url = `${await serve(router)}/ticks`
    const first = nextSettlement(engine)
    expect(await readEvents(url, 2, null)).toEqual(['1', '2'])
    await first
    const second = nextSettlement(engine)
    expect(await readEvents(url, 2, '2')).toEqual(['3', '4'])
    await second
    expect(started.mock.calls).toEqual([[null], ['2']])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, remaining: 1, held: 0 })
  })

  it('commits what was delivered when the network is lost', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 3 }).subscription(async function* ({ ctx, signal }) {
        ctx.usage.add(1)
        yield 'first'
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('gone'))))
      }),
    })
    const { port, pathname } = new URL(await serve(router))
    const settled = nextSettlement(engine)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${pathname}/ticks HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`)
    await new Promise<void>((resolve) => {
      socket.on('data', (data) => data.toString().includes('first') && resolve())
    })
    socket.destroy()
    await settled
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('commits what was delivered when its generator throws, and the reader hears why', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 3 }).subscription(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'first'
        ctx.usage.add(1)
        throw new TRPCError({ code: 'BAD_REQUEST', message: 'no more of it' })
      }),
    })
    const client = clientOf<typeof router>(await serve(router))
    const settled = nextSettlement(engine)
    const heard: string[] = []
    const error = await new Promise<Error>((resolve) => {
      const subscription = client.ticks.subscribe(undefined, {
        onData: (tick) => heard.push(tick),
        onError(failure) {
          subscription.unsubscribe()
          resolve(failure)
        },
      })
    })
    await settled
    expect(error.message).toBe('no more of it')
    expect(heard).toEqual(['first'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('commits what was delivered when it is unsubscribed, though its generator ignores the signal', async () => {
    const onError = vi.fn()
    const { engine, t, meteredProcedure } = await openMetering({ onError })
    const stuck = Promise.withResolvers<void>()
    const over = Promise.withResolvers<void>()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 3 }).subscription(async function* ({ ctx }) {
        try {
          ctx.usage.add(1)
          yield 'first'
          ctx.usage.add(1)
          await stuck.promise
          await ctx.usage.add(1)
          yield 'never'
        } finally {
          over.resolve()
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router))
    const settled = nextSettlement(engine)
    const subscription = client.ticks.subscribe(undefined, { onData: () => subscription.unsubscribe() })
    await settled
    stuck.resolve()
    await over.promise
    // Nobody did anything wrong by counting what was not delivered any more.
    expect(onError).not.toHaveBeenCalled()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('may be an observable', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const stopped = vi.fn()
    const router = t.router({
      ticks: meteredProcedure('messages', { units: 1 }).subscription(({ ctx }) =>
        observable<number>((observer) => {
          for (const tick of [1, 2, 3]) {
            ctx.usage.add(1)
            observer.next(tick)
          }
          return stopped
        }),
      ),
    })
    const client = clientOf<typeof router>(await serve(router))
    const settled = nextSettlement(engine)
    await new Promise<void>((resolve) => {
      const subscription = client.ticks.subscribe(undefined, {
        onData(tick) {
          if (tick < 3) return
          subscription.unsubscribe()
          resolve()
        },
      })
    })
    await settled
    expect(stopped).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, remaining: 2, held: 0 })
  })
})
