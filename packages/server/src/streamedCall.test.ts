import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { chunksOf, clientOf, failureOf } from './client.fixture.ts'
import { balance, openMetering, serve } from './served.fixture.ts'
import { nextSettlement } from './settlement.fixture.ts'

const Prompt = z.object({ words: z.number() })

describe('a stream over the batch-stream link', () => {
  it('costs what it counted, and gives the rest of its hold back', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { input: Prompt, units: 5 }).mutation(async function* ({ ctx, input }) {
        for (let word = 0; word < input.words; word++) {
          ctx.usage.add(1)
          yield word
        }
        return 'the end'
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })

    expect(await chunksOf(client.write.mutate({ words: 3 }))).toEqual([0, 1, 2])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, remaining: 2, held: 0 })
  })

  it('costs its units when it counts nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 2 }).mutation(async function* () {
        yield 'a'
        yield 'b'
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    expect(await chunksOf(client.write.mutate())).toEqual(['a', 'b'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
  })

  it('extends its hold in steps, and ends with the denial after the last chunk that could be paid', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ended = vi.fn()
    const router = t.router({
      write: meteredProcedure('messages', { units: 2 }).mutation(async function* ({ ctx }) {
        try {
          for (let word = 1; ; word++) {
            ctx.usage.add(1)
            yield word
          }
        } finally {
          ended()
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const heard: number[] = []
    const failure = await failureOf(
      (async () => {
        for await (const word of await client.write.mutate()) heard.push(word)
      })(),
    )

    expect(heard).toEqual([1, 2, 3, 4, 5])
    expect(failure.data?.denial).toMatchObject({ reason: 'limit_reached', featureId: 'messages', remaining: 0, required: 1 })
    expect(ended).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
    const { items } = await engine.entries({ customerId: 'acme', order: 'oldest', limit: 100 })
    // 2 at the start, 2 more, and then the last one, since no whole step was left.
    expect(items.flatMap((entry) => entry.changes).flatMap((change) => (change.kind === 'hold_extended' ? change.items : []))).toHaveLength(
      2,
    )
  })

  it('goes below zero where its overage policy is overflow', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 2, overage: 'overflow' }).mutation(async function* ({ ctx }) {
        for (let word = 1; word <= 8; word++) {
          ctx.usage.add(1)
          yield word
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    expect(await chunksOf(client.write.mutate())).toHaveLength(8)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 8, remaining: 0, held: 0 })
  })

  it('goes on when its overage policy is cap: what there was is paid, and the rest dropped', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 2, overage: 'cap' }).mutation(async function* ({ ctx }) {
        for (let word = 1; word <= 8; word++) {
          ctx.usage.add(1)
          yield word
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    expect(await chunksOf(client.write.mutate())).toHaveLength(8)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it('counts several features at once, and commits of each what was delivered', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      illustrate: meteredProcedure({ messages: 2, image_gen: 1 }).mutation(async function* ({ ctx }) {
        for (let page = 1; ; page++) {
          ctx.usage.add(1, 'messages')
          ctx.usage.add(2, 'image_gen')
          yield page
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const settled = nextSettlement(engine)
    for await (const page of await client.illustrate.mutate()) if (page === 2) break
    await settled
    // What was handed to the connection counts as delivered, and that runs ahead of its reader.
    const { used: messages } = await balance(engine, 'messages')
    const { used: credits, held } = await balance(engine, 'credits')
    expect(messages).toBeGreaterThanOrEqual(2)
    expect([credits, held]).toEqual([messages * 20, 0])
  })

  it('commits exactly what was delivered when its reader breaks off', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const left = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx }) {
        try {
          ctx.usage.add(1)
          yield 'first'
          ctx.usage.add(1)
          yield 'second'
          ctx.usage.add(1)
          await go.promise
          yield 'third'
        } finally {
          left.resolve()
        }
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const settled = nextSettlement(engine)
    for await (const word of await client.write.mutate()) if (word === 'second') break
    await settled
    go.resolve()
    await left.promise
    // The third was counted, and never delivered.
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })

  it('commits exactly what was delivered when its caller aborts, though the generator ignores the signal', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const stuck = Promise.withResolvers<void>()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'first'
        ctx.usage.add(3)
        await stuck.promise
        yield 'never'
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const abort = new AbortController()
    const settled = nextSettlement(engine)
    await failureOf(
      (async () => {
        for await (const _ of await client.write.mutate(undefined, { signal: abort.signal })) abort.abort()
      })(),
    )
    await settled
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
    stuck.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('commits exactly what was delivered when the network is lost', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx, signal }) {
        ctx.usage.add(2)
        yield 'first'
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('gone'))))
      }),
    })
    const { port, pathname } = new URL(await serve(router))
    const settled = nextSettlement(engine)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      `POST ${pathname}/write?batch=1 HTTP/1.1\r\nhost: localhost\r\ntrpc-accept: application/jsonl\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
    )
    await new Promise<void>((resolve) => {
      socket.on('data', (data) => data.toString().includes('first') && resolve())
    })
    socket.destroy()
    await settled
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })

  it('commits exactly what was delivered when the generator throws', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'first'
        ctx.usage.add(1)
        throw new Error('the model is out')
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const failure = await failureOf(chunksOf(client.write.mutate()))
    expect(failure.message).toBe('the model is out')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('costs nothing when it throws before its first chunk, or without counting', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      early: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        if (ctx.user.orgId === 'acme') throw new Error('out')
        yield 'never'
      }),
      uncounted: meteredProcedure('messages', { units: 5 }).mutation(async function* () {
        yield 'first'
        throw new Error('out')
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    await failureOf(chunksOf(client.early.mutate()))
    await failureOf(chunksOf(client.uncounted.mutate()))
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('is refused before it starts when its first hold is not there', async () => {
    const { t, meteredProcedure } = await openMetering()
    const ran = vi.fn()
    const router = t.router({
      write: meteredProcedure('messages', { units: 6 }).mutation(async function* () {
        ran()
        yield 1
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    expect((await failureOf(client.write.mutate())).data?.denial).toMatchObject({ reason: 'limit_reached', required: 6, remaining: 5 })
    expect(ran).not.toHaveBeenCalled()
  })
})

describe('a stream that is never started', () => {
  it('costs nothing over a link that cannot carry it, and runs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* () {
        ran()
        yield 1
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'batch' })
    expect((await failureOf(client.write.mutate())).data?.code).toBe('UNSUPPORTED_MEDIA_TYPE')
    expect(ran).not.toHaveBeenCalled()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('costs nothing when its caller has left', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn()
    const abort = new AbortController()
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* () {
        ran()
        yield 1
      }),
    })
    const settled = nextSettlement(engine)
    await router.createCaller({ user: { orgId: 'acme' } }, { signal: abort.signal }).write()
    expect(await balance(engine, 'messages')).toMatchObject({ held: 5 })
    abort.abort()
    await settled
    expect(ran).not.toHaveBeenCalled()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('costs nothing once its hold has expired', async () => {
    const { engine, t, clock, meteredProcedure } = await openMetering({ holdTtlMs: 60_000 })
    const router = t.router({
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* () {
        yield 1
      }),
    })
    await router.createCaller({ user: { orgId: 'acme' } }).write()
    clock.now += 60_001
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })
})
