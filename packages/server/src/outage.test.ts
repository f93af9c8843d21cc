import { initTRPC } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { type Backend, OutageError } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { callerOver, clientOf, denialIn, failureOf, linkKinds, ways } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { allowUpTo, type OutagePolicy } from './outage/outagePolicy.ts'
import { balance, type Context, meteringOn, openMetering, serve } from './served.fixture.ts'
import { openUnpluggable } from './unpluggable.fixture.ts'

describe.each(linkKinds)('an outage under the policy deny, over the %s link', (kind) => {
  it('is a reason of its own, runs nothing, and is never told as no usage', async () => {
    const { state, ran, router, onError } = await openUnpluggable()
    const client = clientOf<typeof router>(await serve(router), { kind })
    state.down = true
    const failure = await failureOf(client.send.mutate({ n: 1 }))
    expect(failure.data).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      denial: { reason: 'outage', featureId: 'messages', remaining: null },
    })
    expect((await failureOf(client.saml.query())).data).toMatchObject({ denial: { reason: 'outage', featureId: 'sso' } })
    expect(ran).not.toHaveBeenCalled()
    // Told once, not once a call.
    expect(onError).toHaveBeenCalledOnce()
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ name: 'OutageError', cause: { message: 'the database is out' } })
    state.down = false
    expect(await client.send.mutate({ n: 1 })).toBe('sent')
  })

  it('says when to try again', async () => {
    const { state, router } = await openUnpluggable()
    let retryAfter: string | null = null
    const watch = async (...args: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...args)
      retryAfter = response.headers.get('retry-after')
      return response
    }
    const client = clientOf<typeof router>(await serve(router), { kind: 'batch', fetch: watch })
    state.down = true
    await failureOf(client.send.mutate({ n: 1 }))
    expect(retryAfter).toBe('1')
  })
})

describe('an outage under a stream', () => {
  const openStream = async (onOutage: OutagePolicy) => {
    const opened = await openUnpluggable({ onOutage, settleTimeoutMs: 20 })
    const { t, meteredProcedure, state } = opened
    const router = t.router({
      write: meteredProcedure('messages', { units: 2 }).mutation(async function* ({ ctx }) {
        for (let word = 1; word <= 4; word++) {
          if (word === 3) state.down = true
          ctx.usage.add(1)
          yield word
        }
      }),
    })
    const heard: number[] = []
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const read = async () => {
      for await (const word of await client.write.mutate()) heard.push(word)
    }
    return { ...opened, heard, read }
  }

  it('ends it with the denial after the last chunk that was paid, under deny; that is recorded when the backend is back', async () => {
    const { engine, metering, state, heard, read } = await openStream('deny')
    expect((await failureOf(read())).data).toMatchObject({ denial: { reason: 'outage', featureId: 'messages' } })
    expect(heard).toEqual([1, 2])
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, remaining: 3, held: 0 })
  })

  it('lets it go on, under allow', async () => {
    const { engine, metering, state, heard, read } = await openStream('allow')
    await read()
    expect(heard).toEqual([1, 2, 3, 4])
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, remaining: 1, held: 0 })
  })
})

describe.each(ways)('the policy allow, over %s', (way) => {
  it('lets calls through, and records them when the backend is back, with what was too much', async () => {
    const { engine, metering, state, uses, ran, router } = await openUnpluggable({ onOutage: 'allow' })
    const caller = await callerOver(way, router)
    await caller.send({ n: 1 })
    state.down = true
    expect(await Promise.all([caller.send({ n: 2 }), caller.send({ n: 4 }), caller.saml()])).toEqual(['sent', 'sent', 'sent'])
    expect(ran).toHaveBeenCalledTimes(4)
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 7, remaining: 0 })
    expect(uses).toEqual([
      { customerId: 'acme', entityId: null, featureId: 'messages', units: 2, overshoot: 0 },
      { customerId: 'acme', entityId: null, featureId: 'messages', units: 4, overshoot: 2 },
    ])
  })

  it('records nothing of a call that failed', async () => {
    const { engine, metering, router, state } = await openUnpluggable({ onOutage: 'allow' })
    state.down = true
    await failureOf((await callerOver(way, router)).fail())
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0 })
  })

  it('lets an operation through once: its repeat gets the answer, and other input is a conflict', async () => {
    const { engine, metering, state, ran, router } = await openUnpluggable({ onOutage: 'allow' })
    const named = await callerOver(way, router, { operationId: 'one' })
    state.down = true
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(denialIn(await failureOf(named.send({ n: 2 })))).toMatchObject({ reason: 'operation_conflict' })
    expect(ran).toHaveBeenCalledOnce()
    state.down = false
    // The backend is back, and does not know of it yet.
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(denialIn(await failureOf(named.send({ n: 2 })))).toMatchObject({ reason: 'operation_conflict' })
    await metering.drain()
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('knows what it answered before the outage: a repeat gets that, and runs and costs nothing', async () => {
    const { engine, metering, state, ran, router } = await openUnpluggable({ onOutage: 'allow' })
    const named = await callerOver(way, router, { operationId: 'one' })
    expect(await named.send({ n: 1 })).toBe('sent')
    state.down = true
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(denialIn(await failureOf(named.send({ n: 2 })))).toMatchObject({ reason: 'operation_conflict' })
    expect(ran).toHaveBeenCalledOnce()
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('settles what was really used', async () => {
    const { engine, metering, t, meteredProcedure, state } = await openUnpluggable({ onOutage: 'allow' })
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3)
        return (await ctx.usage.counted()) ?? 0
      }),
    })
    state.down = true
    expect(await (await callerOver(way, router)).work()).toBe(3)
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3 })
  })
})

describe.each(ways)('the policy allowUpTo, over %s', (way) => {
  it('lets so many units through for each customer, and no more until they are recorded', async () => {
    const { engine, metering, state, router } = await openUnpluggable({ onOutage: allowUpTo(3) })
    const caller = await callerOver(way, router)
    const other = await callerOver(way, router, { org: 'other' })
    state.down = true
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => caller.send({ n: 1 })))
    expect(calls.map((call) => call.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(denialIn(await failureOf(caller.send({ n: 1 })))).toMatchObject({ reason: 'outage' })
    expect(await other.send({ n: 3 })).toBe('sent')
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3 })
    state.down = true
    expect(await caller.send({ n: 3 })).toBe('sent')
    state.down = false
    await metering.drain()
  })

  it('gives back what a failed call was let through with', async () => {
    const { state, router } = await openUnpluggable({ onOutage: allowUpTo(1) })
    const caller = await callerOver(way, router)
    state.down = true
    await failureOf(caller.fail())
    expect(await caller.send({ n: 1 })).toBe('sent')
    state.down = false
  })

  it('lets a call that runs take more than it holds, whether that is there or not, and counts it until it is recorded', async () => {
    const { engine, metering, t, meteredProcedure, state, router } = await openUnpluggable({ onOutage: allowUpTo(5) })
    const long = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        state.down = true
        await ctx.usage.add(6)
        const tooMuch = await ctx.usage.add(1).catch((error: unknown) => denialOf(error)?.reason)
        state.down = false
        return tooMuch
      }),
    })
    expect(await (await callerOver(way, long)).work()).toBe('outage')
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 6, held: 0 })
    // What was lent is free again.
    state.down = true
    expect(await (await callerOver(way, router)).send({ n: 5 })).toBe('sent')
    state.down = false
    await metering.drain()
  })

  it('may differ by feature', async () => {
    const { state, router } = await openUnpluggable({ onOutage: { default: 'deny', features: { messages: allowUpTo(2), sso: 'allow' } } })
    const caller = await callerOver(way, router)
    state.down = true
    expect(await caller.send({ n: 2 })).toBe('sent')
    expect(denialIn(await failureOf(caller.images()))).toMatchObject({ reason: 'outage', featureId: 'image_gen' })
    expect(await caller.saml()).toBe('sent')
    state.down = false
  })

  it('is all or nothing for several features', async () => {
    const { state, router } = await openUnpluggable({ onOutage: { default: 'deny', features: { messages: allowUpTo(2) } } })
    const caller = await callerOver(way, router)
    state.down = true
    expect(denialIn(await failureOf(caller.both()))).toMatchObject({ reason: 'outage' })
    expect(await caller.send({ n: 2 })).toBe('sent')
    state.down = false
  })

  it('counts what was let through by process: each lets its own through, and all of it is recorded', async () => {
    const { engine, metering, state, router } = await openUnpluggable({ onOutage: allowUpTo(2) })
    const other = meteringOn({ backend: embedded(engine), onOutage: allowUpTo(2), onError: () => {}, onOutageUse: () => {} })
    const t = initTRPC.context<Context>().create()
    const elsewhere = t.router({ send: t.procedure.use(other.metered('messages', { units: 2 })).mutation(() => 'sent') })
    const caller = await callerOver(way, router)
    state.down = true
    expect(await caller.send({ n: 2 })).toBe('sent')
    expect(await (await callerOver(way, elsewhere)).send()).toBe('sent')
    expect(denialIn(await failureOf(caller.send({ n: 1 })))).toMatchObject({ reason: 'outage' })
    state.down = false
    await Promise.all([metering.drain(), other.drain()])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, held: 0 })
  })

  it('forgets what the backend will never take, and says so', async () => {
    const { engine } = await openMetering()
    const onError = vi.fn()
    const backend: Backend = {
      ...embedded(engine),
      async reserve() {
        throw new OutageError('out')
      },
      async commit() {
        throw new Error('never')
      },
    }
    const metering = meteringOn({ backend, onOutage: allowUpTo(1), onError })
    const t = initTRPC.context<Context>().create()
    const router = t.router({ send: t.procedure.use(metering.metered('messages', { units: 1 })).mutation(() => 'sent') })
    const caller = await callerOver(way, router)
    expect(await caller.send()).toBe('sent')
    await metering.drain()
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual(['out', 'never'])
    expect(await caller.send()).toBe('sent')
    await metering.drain()
  })
})
