import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { callerOver, denialIn, failureOf, ways } from './client.fixture.ts'
import { balance, openMetering } from './served.fixture.ts'

describe.each(ways)('several features at once, over %s', (way) => {
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
    return { ...opened, router, caller: await callerOver(way, router) }
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
    const denial = denialIn(await failureOf(caller.both({ n: 11 })))
    expect(denial).toMatchObject({
      reason: 'limit_reached',
      featureId: 'image_gen',
      shortages: [{ featureId: 'image_gen', required: 110 }],
    })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 0, remaining: 100, held: 0 })
  })

  it('are named all when several are short at once, the gravest reason first', async () => {
    const { engine, caller } = await open()
    for (let calls = 0; calls < 5; calls++) await caller.both({ n: 0 })
    const denial = denialIn(await failureOf(caller.both({ n: 11 })))
    expect(denial).toMatchObject({
      reason: 'limit_reached',
      featureId: 'messages',
      shortages: [
        { featureId: 'messages', poolId: 'messages', required: 1, remaining: 0 },
        { featureId: 'image_gen', poolId: 'credits', required: 110, remaining: 100 },
      ],
      unlockedBy: [{ planId: 'pro' }],
    })
    expect(await balance(engine, 'credits')).toMatchObject({ used: 0, held: 0 })
  })

  it('share a pool: each alone would fit, both together do not', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ both: meteredProcedure({ api_calls: 60, image_gen: 5 }).mutation(() => 'done') })
    const denial = denialIn(await failureOf((await callerOver(way, router)).both()))
    expect(denial).toMatchObject({
      reason: 'limit_reached',
      shortages: [{ featureId: 'image_gen', poolId: 'credits', required: 110, remaining: 100 }],
    })
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
