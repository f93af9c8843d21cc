import { describe, expect, it, vi } from 'vitest'
import { callerOver, failureOf, ways } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { balance, openMetering } from './served.fixture.ts'

describe.each(ways)('a procedure that is called by a metered resolver, over %s', (way) => {
  it('shares its hold and its receipt', async () => {
    const { engine, metering, t, meteredProcedure } = await openMetering()
    const inner = t.router({
      image: meteredProcedure('image_gen', { units: 2 }).mutation(() => 'image'),
      message: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(2)
      }),
    })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        const tools = inner.createCaller(ctx)
        await tools.image()
        await tools.message()
        return ctx.usage.operationId
      }),
    })
    const operationId = await (await callerOver(way, router)).agent()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 20, held: 0 })
    const receipt = await metering.receipt({ customerId: 'acme', operationId })
    expect(receipt?.items.map(({ featureId, units }) => ({ featureId, units }))).toEqual([
      { featureId: 'messages', units: 3 },
      { featureId: 'image_gen', units: 2 },
    ])
    const { items } = await engine.entries({ customerId: 'acme', order: 'oldest', limit: 100 })
    expect(items.flatMap((entry) => entry.changes).filter((change) => change.kind === 'held')).toHaveLength(1)
  })

  it('adds to what other middlewares of its procedure meter: one hold, one receipt', async () => {
    const { engine, metering, t, meteredProcedure } = await openMetering()
    const router = t.router({
      both: meteredProcedure('messages', { units: 1 })
        .use(metering.metered('image_gen', { units: 2 }))
        .mutation(({ ctx }) => ctx.usage.operationId),
    })
    const operationId = await (await callerOver(way, router)).both()
    expect((await metering.receipt({ customerId: 'acme', operationId }))?.items).toMatchObject([
      { featureId: 'messages', units: 1 },
      { featureId: 'image_gen', units: 2 },
    ])
    expect(await balance(engine, 'credits')).toMatchObject({ used: 20, held: 0 })
  })

  it('costs nothing when it fails and the resolver goes on', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({
      broken: meteredProcedure('messages', { units: 2 }).mutation(() => {
        throw new Error('broken')
      }),
    })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await inner
          .createCaller(ctx)
          .broken()
          .catch(() => {})
      }),
    })
    await (await callerOver(way, router)).agent()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, remaining: 4, held: 0 })
  })

  it('is paid for by nobody when the resolver fails after it', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({ tool: meteredProcedure('messages', { units: 2 }).mutation(() => 'tool') })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await inner.createCaller(ctx).tool()
        throw new Error('broken')
      }),
    })
    await failureOf((await callerOver(way, router)).agent())
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('is refused by itself when the hold cannot be extended for it', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn()
    const inner = t.router({ tool: meteredProcedure('messages', { units: 5 }).mutation(ran) })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        const refusal = await inner
          .createCaller(ctx)
          .tool()
          .catch((error: unknown) => denialOf(error))
        return refusal?.reason
      }),
    })
    expect(await (await callerOver(way, router)).agent()).toBe('limit_reached')
    expect(ran).not.toHaveBeenCalled()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('is charged on its own for another customer', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({ tool: meteredProcedure('messages', { units: 2 }).mutation(() => 'tool') })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async () => {
        await inner.createCaller({ user: { orgId: 'other' } }).tool()
        throw new Error('broken')
      }),
    })
    await failureOf((await callerOver(way, router)).agent())
    expect(await balance(engine, 'messages', 'other')).toMatchObject({ used: 2 })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it('leaves what it did not use to the next one', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({
      tool: meteredProcedure('messages', { units: 3 }).mutation(({ ctx }) => ctx.usage.set(1)),
      words: meteredProcedure('messages', { units: 3 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'word'
      }),
    })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 0 }).mutation(async ({ ctx }) => {
        const tools = inner.createCaller(ctx)
        for await (const _ of await tools.words());
        await tools.tool()
        // Two of five are used: three more fit because the others have ended.
        for await (const _ of await tools.words());
      }),
    })
    await (await callerOver(way, router)).agent()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
  })

  it('may answer a stream, which counts into the same hold', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({
      words: meteredProcedure('messages', { units: 1 }).mutation(async function* ({ ctx }) {
        for (const word of ['a', 'b', 'c']) {
          ctx.usage.add(1)
          yield word
        }
      }),
    })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        const words: string[] = []
        for await (const word of await inner.createCaller(ctx).words()) words.push(word)
        return words.join('')
      }),
    })
    expect(await (await callerOver(way, router)).agent()).toBe('abc')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, remaining: 1, held: 0 })
  })
})
