import { describe, expect, it, vi } from 'vitest'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { callerOver, denialIn, failureOf, ways } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { balance, meteringOn, openMetering } from './served.fixture.ts'
import { nextSettlement } from './settlement.fixture.ts'

const acme = { user: { orgId: 'acme' } }

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

  it('does not take what its caller has set aside and not counted yet', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({ tool: meteredProcedure('messages', { units: 3 }).mutation(() => 'tool') })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 3 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(1)
        await inner.createCaller(ctx).tool()
      }),
    })
    expect(denialIn(await failureOf((await callerOver(way, router)).agent()))).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it('needs no room for what its caller counted beyond the hold under cap', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({ tool: meteredProcedure('messages', { units: 1 }).mutation(() => 'tool') })
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1, overage: 'cap' }).mutation(async ({ ctx }) => {
        await ctx.usage.add(9)
        return inner.createCaller(ctx).tool()
      }),
    })
    expect(await (await callerOver(way, router)).agent()).toBe('tool')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
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

it('a call that a stream makes after its reader has left is not run', async () => {
  const { engine, t } = await openMetering()
  const extending = Promise.withResolvers<void>()
  const mayExtend = Promise.withResolvers<void>()
  const backend: Backend = {
    ...embedded(engine),
    async extend(...args) {
      extending.resolve()
      await mayExtend.promise
      return embedded(engine).extend(...args)
    },
  }
  const metering = meteringOn({ backend, onError: () => {} })
  const procedure = t.procedure.use(metering.metered('messages', { units: 1 }))
  const ran = vi.fn()
  const inner = t.router({ tool: procedure.mutation(ran) })
  const tool = Promise.withResolvers<unknown>()
  const router = t.router({
    write: procedure.mutation(async function* ({ ctx }) {
      yield 'word'
      ctx.usage.add(3)
      // Waits for its turn behind the extension.
      const called = inner.createCaller(ctx).tool()
      called.catch(tool.resolve)
      await called
    }),
  })
  const abort = new AbortController()
  const words = (await router.createCaller(acme, { signal: abort.signal }).write())[Symbol.asyncIterator]()
  await words.next()
  const settled = nextSettlement(engine)
  const next = words.next()
  await extending.promise
  abort.abort()
  await settled
  mayExtend.resolve()
  await expect(next).rejects.toThrow(/^tool had ended/)
  expect(await tool.promise).toMatchObject({ message: expect.stringMatching(/^tool had ended/) })
  expect(ran).not.toHaveBeenCalled()
  expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
})
