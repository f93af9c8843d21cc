import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { callerOver, denialIn, failureOf, streamingWays, ways } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { usage } from './running.ts'
import { balance, meteringOn, openMetering } from './served.fixture.ts'

describe.each(ways)('a cost that is known afterwards, over %s', (way) => {
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
    await (await callerOver(way, router)).summarize({ text: 'x' })
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
    expect(await (await callerOver(way, router)).summarize()).toBe(2)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })
})

describe.each(ways)('units beyond those that were set aside, over %s', (way) => {
  it('are set aside before they are counted', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3)
        return (await balance(engine, 'messages')).held
      }),
    })
    expect(await (await callerOver(way, router)).work()).toBe(3)
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
    const error = await failureOf((await callerOver(way, router)).work())
    expect(denialIn(error)).toMatchObject({ reason: 'limit_reached', required: 5, remaining: 4 })
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
    expect(denialIn(await failureOf((await callerOver(way, router)).work()))).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('are refused when nobody heard of it, though the work goes on for long after', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        ctx.usage.add(6)
        // Longer than the refusal takes.
        while ((await engine.customer('acme')) === null || ctx.usage.counted() !== null) await new Promise(setImmediate)
        return 'a lot of work'
      }),
    })
    expect(denialIn(await failureOf((await callerOver(way, router)).work()))).toMatchObject({ reason: 'limit_reached' })
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
    expect(await (await callerOver(way, router)).agent()).toBe('2 steps, then limit_reached')
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
    expect(await (await callerOver(way, router)).agents()).toEqual([true, true, true, true, true, false, false, false])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it('are refused when the answer tells of them, and the answer stays back', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ work: meteredProcedure('messages', { units: 1, used: () => 7 }).mutation(() => 'secret') })
    expect(denialIn(await failureOf((await callerOver(way, router)).work()))).toMatchObject({ reason: 'limit_reached' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea')
      },
      'no idea',
    ],
    ['tells what is no amount', () => Number.NaN, "used() for 'messages' in work came to NaN: it takes a number from 0"],
    ['tells less than nothing', () => -1, "used() for 'messages' in work came to -1: it takes a number from 0"],
  ])('are not known when used() %s: the call fails, and costs nothing', async (_how, used, message) => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ work: meteredProcedure('messages', { units: 1, used }).mutation(() => 'done') })
    expect((await failureOf((await callerOver(way, router)).work())).message).toBe(message)
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
    const caller = await callerOver(way, router)
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
    await (await callerOver(way, router)).work()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 8, remaining: 0, held: 0 })
  })
})

describe.each(ways)('usage(), over %s', (way) => {
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
    expect(await (await callerOver(way, router)).agent()).toBe(true)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
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

describe.each(streamingWays)('usage() in a stream, over %s', (way) => {
  it('counts', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 1 }).mutation(async function* () {
        await usage().add(2)
        yield 'word'
      }),
    })
    for await (const _ of await (await callerOver(way, router)).write());
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
  })
})

describe.each(ways)('counting, over %s', (way) => {
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
    await (await callerOver(way, router)).work()
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
    const call = (await callerOver(way, router)).work()
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
    const caller = await callerOver(way, router)
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
    expect((await failureOf((await callerOver(way, router)).work())).message).toBe(
      'usage.add() in work came to -1: it takes a number from 0',
    )
  })
})
