import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { usage } from './running.ts'
import { balance, meteringOn, openMetering, serve } from './served.fixture.ts'

const acme = { user: { orgId: 'acme' } }

describe.each(linkKinds)('a cost that is known afterwards, over the %s link', (kind) => {
  it('is told from the answer, and the rest goes back', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      summarize: meteredProcedure('messages', {
        input: z.object({ text: z.string() }),
        output: z.object({ messages: z.number() }),
        units: 5,
        used: ({ output, input }) => output.messages + input.text.length,
      }).mutation(() => ({ messages: 1 })),
    })
    await clientOf<typeof router>(await serve(router), { kind }).summarize.mutate({ text: 'x' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })

  it('is set by the resolver', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      summarize: meteredProcedure('messages', { units: 5 }).mutation(({ ctx }) => {
        ctx.usage.add(4)
        ctx.usage.set(2)
        return ctx.usage.counted()
      }),
    })
    expect(await clientOf<typeof router>(await serve(router), { kind }).summarize.mutate()).toBe(2)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })
})

describe('units beyond those that were set aside', () => {
  it('are set aside before they are counted', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3)
        return (await balance(engine, 'messages')).held
      }),
    })
    expect(await router.createCaller(acme).work()).toBe(3)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, remaining: 2, held: 0 })
  })

  it('are refused before the excess is made: the call fails with the denial, and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const made = vi.fn()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(6)
        made()
      }),
    })
    const error = await failureOf(router.createCaller(acme).work())
    expect(denialOf(error)).toMatchObject({ reason: 'limit_reached', required: 5, remaining: 4 })
    expect(made).not.toHaveBeenCalled()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('are refused also when nobody waits to hear of it', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => {
        ctx.usage.add(6)
        return 'a lot of work'
      }),
    })
    expect(denialOf(await failureOf(router.createCaller(acme).work()))).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('are not counted when the refusal is caught: the call answers and pays for what it has', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        let steps = 0
        try {
          for (;;) {
            await ctx.usage.add(2)
            steps++
          }
        } catch (error) {
          return `${steps} steps, then ${denialOf(error)?.reason}`
        }
      }),
    })
    expect(await router.createCaller(acme).agent()).toBe('2 steps, then limit_reached')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, remaining: 1, held: 0 })
  })

  it('are counted one after the other, however many count at once: what fits is paid', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      agents: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        const steps = await Promise.allSettled(Array.from({ length: 8 }, () => ctx.usage.add(1)))
        return steps.map((step) => step.status === 'fulfilled')
      }),
    })
    expect(await router.createCaller(acme).agents()).toEqual([true, true, true, true, true, false, false, false])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it('are refused when the answer tells of them, and the answer stays back', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ work: meteredProcedure('messages', { units: 1, used: () => 7 }).mutation(() => 'secret') })
    expect(denialOf(await failureOf(router.createCaller(acme).work()))).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('are paid as far as they can be under cap, and the rest is dropped', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      told: meteredProcedure('messages', { units: 1, used: () => 3, overage: 'cap' }).mutation(() => 'done'),
      counted: meteredProcedure('messages', { units: 1, overage: 'cap' }).mutation(async ({ ctx }) => {
        await ctx.usage.add(9)
        return 'done'
      }),
    })
    const caller = router.createCaller(acme)
    expect(await caller.told()).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, remaining: 2 })
    expect(await caller.counted()).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it('put the balance below zero under overflow', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1, overage: 'overflow' }).mutation(({ ctx }) => {
        ctx.usage.set(8)
      }),
    })
    await router.createCaller(acme).work()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 8, remaining: 0, held: 0 })
  })
})

describe('usage()', () => {
  it('counts from anywhere below the resolver', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const step = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      await usage().add(1)
    }
    const router = t.router({
      agent: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await Promise.all([step(), step(), step()])
        return usage().operationId === ctx.usage.operationId
      }),
    })
    expect(await router.createCaller(acme).agent()).toBe(true)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
  })

  it('counts inside a stream', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 1 }).mutation(async function* () {
        await usage().add(2)
        yield 'word'
      }),
    })
    for await (const _ of await router.createCaller(acme).write());
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
  })

  it('says so outside of a metered procedure', () => {
    expect(() => usage()).toThrow('usage() was called outside of a metered procedure: call it below a resolver of one')
  })

  it('keeps calls apart that run at the same time', async () => {
    const { t, meteredProcedure } = await openMetering()
    const router = t.router({
      who: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await new Promise((resolve) => setImmediate(resolve))
        return usage().operationId === ctx.usage.operationId
      }),
    })
    const calls = ['a', 'b', 'c'].map((orgId) => router.createCaller({ user: { orgId } }).who())
    expect(await Promise.all(calls)).toEqual([true, true, true])
  })
})

describe('a procedure that is called by a metered resolver', () => {
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
    const operationId = await router.createCaller(acme).agent()
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
    await router.createCaller(acme).agent()
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
    await failureOf(router.createCaller(acme).agent())
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
    expect(await router.createCaller(acme).agent()).toBe('limit_reached')
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
    await failureOf(router.createCaller(acme).agent())
    expect(await balance(engine, 'messages', 'other')).toMatchObject({ used: 2 })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
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
    expect(await router.createCaller(acme).agent()).toBe('abc')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, remaining: 1, held: 0 })
  })
})

describe('several features at once', () => {
  const Pictures = z.object({ n: z.number() })
  const open = async () => {
    const opened = await openMetering()
    const { t, meteredProcedure } = opened
    const router = t.router({
      both: meteredProcedure({ messages: 1, image_gen: ({ input }) => input.n }, { input: Pictures }).mutation(
        ({ ctx }) => ctx.usage.operationId,
      ),
      told: meteredProcedure(
        { messages: 2, image_gen: 2 },
        { output: z.object({ images: z.number() }), used: ({ output }) => ({ image_gen: output.images }) },
      ).mutation(() => ({ images: 1 })),
      counted: meteredProcedure({ messages: 1, image_gen: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3, 'messages')
        await ctx.usage.set(0, 'image_gen')
        return [ctx.usage.counted('messages'), ctx.usage.counted('image_gen')]
      }),
    })
    return { ...opened, router, caller: router.createCaller(acme) }
  }

  it('are held together and told in one receipt', async () => {
    const { engine, metering, caller } = await open()
    const operationId = await caller.both({ n: 3 })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 30, held: 0 })
    expect((await metering.receipt({ customerId: 'acme', operationId }))?.items).toMatchObject([
      { featureId: 'messages', units: 1, payments: [{ poolId: 'messages', planId: 'free', amount: 1 }] },
      { featureId: 'image_gen', units: 3, payments: [{ poolId: 'credits', planId: 'free', amount: 30 }] },
    ])
  })

  it('are all or nothing, and one denial names what was short', async () => {
    const { engine, caller } = await open()
    const denial = denialOf(await failureOf(caller.both({ n: 11 })))
    expect(denial).toMatchObject({
      reason: 'limit_reached',
      featureId: 'image_gen',
      shortages: [{ featureId: 'image_gen', required: 110 }],
    })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 0, remaining: 100, held: 0 })
  })

  it('are counted by name', async () => {
    const { engine, caller } = await open()
    expect(await caller.counted()).toEqual([3, 0])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 0, held: 0 })
  })

  it('are settled by name; one that is not told costs what was set aside', async () => {
    const { engine, caller } = await open()
    await caller.told()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 10, held: 0 })
  })
})

describe('counting', () => {
  it('after the call has ended is told, and costs nothing', async () => {
    const onError = vi.fn()
    const { engine, t, meteredProcedure } = await openMetering({ onError })
    const late = Promise.withResolvers<void>()
    const counted = Promise.withResolvers<unknown>()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => {
        void late.promise.then(() => counted.resolve(ctx.usage.add(1)))
      }),
    })
    await router.createCaller(acme).work()
    late.resolve()
    await expect(counted.promise).rejects.toThrow('work had ended when its usage was counted: await the work before the resolver returns')
    expect(onError).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('while the cost is being recorded is told, like after it: it would be lost', async () => {
    const onError = vi.fn()
    const { engine, t, meteredProcedure } = await openMetering({ onError })
    const committing = Promise.withResolvers<void>()
    const recorded = Promise.withResolvers<void>()
    const backend: Backend = {
      ...embedded(engine),
      async commit(hold, request) {
        committing.resolve()
        await recorded.promise
        return embedded(engine).commit(hold, request)
      },
    }
    const counted = Promise.withResolvers<unknown>()
    const tool = Promise.withResolvers<unknown>()
    const metering = meteringOn({ backend, onError })
    const inner = t.router({ tool: meteredProcedure('messages', { units: 1 }).mutation(() => 'tool') })
    const router = t.router({
      work: t.procedure.use(metering.metered('messages', { units: 3 })).mutation(({ ctx }) => {
        ctx.usage.add(1)
        void committing.promise.then(() => {
          counted.resolve(ctx.usage.add(1))
          tool.resolve(inner.createCaller(ctx).tool())
        })
      }),
    })
    const call = router.createCaller(acme).work()
    await expect(counted.promise).rejects.toThrow('work had ended when its usage was counted')
    // A call that comes then is not part of it any more, and is charged on its own.
    expect(await tool.promise).toBe('tool')
    recorded.resolve()
    await call
    expect(onError).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
  })

  it('a feature that the procedure is not metered by is a mistake, in a sentence', async () => {
    const { t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async () => {
        await usage().add(1, 'image_gen')
      }),
      both: meteredProcedure({ messages: 1, image_gen: 1 }).mutation(async () => {
        await usage().add(1)
      }),
    })
    const caller = router.createCaller(acme)
    expect((await failureOf(caller.work())).message).toBe("work is not metered by 'image_gen': it can count only messages")
    expect((await failureOf(caller.both())).message).toBe(
      "both is metered by several features: say which one was used, as in usage.add(1, 'id')",
    )
  })

  it('less than nothing is a bad request', async () => {
    const { t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(-1)
      }),
    })
    expect((await failureOf(router.createCaller(acme).work())).message).toBe('usage.add() in work came to -1: it takes a number from 0')
  })
})
