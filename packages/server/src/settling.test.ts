import { initTRPC } from '@trpc/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Backend, OutageError } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { callerOver, denialIn, failureOf, ways } from './client.fixture.ts'
import { createMetering } from './createMetering.ts'
import { denialOf } from './denialError.ts'
import type { OutagePolicy } from './outage/outagePolicy.ts'
import { balance, type Context, features, meteringOn, openEngineOf, openMetering, plans, START } from './served.fixture.ts'
import { createVirtualClock } from './testing/virtualClock.ts'
import { openUnpluggable } from './unpluggable.fixture.ts'

const acme = { user: { orgId: 'acme' } }

describe.each(ways)('an outage between the work and its commit, over %s', (way) => {
  it('is waited for, and the call is recorded once', async () => {
    const { engine, state, router } = await openUnpluggable()
    const caller = await callerOver(way, router)
    const call = caller.cut()
    await vi.waitFor(() => expect(state.down).toBe(true))
    state.down = false
    expect(await call).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that lasts is told to the caller under deny; the work is recorded all the same, and its repeat gets the answer', async () => {
    const { engine, metering, state, router } = await openUnpluggable({ settleTimeoutMs: 20 })
    const named = await callerOver(way, router, { operationId: 'one' })
    expect(denialIn(await failureOf(named.cut()))).toMatchObject({ reason: 'outage' })
    state.down = false
    await metering.drain()
    expect(await named.cut()).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that lasts does not keep the answer back under allow', async () => {
    const { engine, metering, state, router } = await openUnpluggable({ settleTimeoutMs: 20, onOutage: 'allow' })
    const caller = await callerOver(way, router)
    expect(await caller.cut()).toBe('done')
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that outlasts the hold loses nothing: the work is recorded without it', async () => {
    const { engine, clock, metering, state, router } = await openUnpluggable({ settleTimeoutMs: 20, holdTtlMs: 60_000 })
    const caller = await callerOver(way, router)
    await failureOf(caller.cut())
    clock.now += 120_000
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('does not strand the units of a call that failed', async () => {
    const { engine, metering, t, meteredProcedure, state } = await openUnpluggable()
    const router = t.router({
      fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
        state.down = true
        throw new Error('broken')
      }),
    })
    expect((await failureOf((await callerOver(way, router)).fail())).message).toBe('broken')
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })
})

describe('a commit whose answer was lost', () => {
  it('is not repeated: the call costs once, and has its receipt', async () => {
    const { engine, t, metering } = await openMetering()
    const inner = embedded(engine)
    let lost = 0
    const backend: Backend = {
      ...inner,
      async commit(hold, request) {
        const answer = await inner.commit(hold, request)
        if (lost++ === 0) throw new OutageError('the answer was lost')
        return answer
      },
    }
    const lossy = meteringOn({ backend, onError: () => {} })
    const router = t.router({ send: t.procedure.use(lossy.metered('messages', { units: 1 })).mutation(({ ctx }) => ctx.usage.operationId) })
    const operationId = await router.createCaller(acme).send()
    expect(lost).toBe(2)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
    expect(await metering.receipt({ customerId: 'acme', operationId })).toMatchObject({ items: [{ units: 1 }] })
  })
})

describe('a hold whose answer was lost', () => {
  const open = async (onOutage: OutagePolicy) => {
    const { engine, t } = await openMetering()
    const backend: Backend = {
      ...embedded(engine),
      async reserve(request) {
        await embedded(engine).reserve(request)
        throw new OutageError('the answer was lost')
      },
    }
    const lossy = meteringOn({ backend, onOutage, onError: () => {}, onOutageUse: () => {} })
    const procedure = t.procedure.use(lossy.metered('messages', { units: 1 }))
    const router = t.router({
      send: procedure.mutation(() => 'sent'),
      fail: procedure.mutation(() => {
        throw new Error('broken')
      }),
    })
    return { engine, lossy, router }
  }

  it.each(ways)('is what its call is charged by, once, where the policy let it through, over %s', async (way) => {
    const { engine, lossy, router } = await open('allow')
    expect(await (await callerOver(way, router)).send()).toBe('sent')
    await lossy.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0, remaining: 4 })
  })

  it.each(ways)('is given back when its call was let through and failed, over %s', async (way) => {
    const { engine, lossy, router } = await open('allow')
    await failureOf((await callerOver(way, router)).fail())
    await lossy.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0, remaining: 5 })
  })

  it('is given back, as its call was refused for the outage', async () => {
    const { engine, lossy, router } = await open('deny')
    expect(denialOf(await failureOf(router.createCaller(acme).send()))).toMatchObject({ reason: 'outage' })
    await lossy.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0, remaining: 5 })
  })
})

describe('a backend that does not decide in time', () => {
  it('is an outage, and the hold that it takes all the same is given back', async () => {
    const { engine, t } = await openMetering()
    const inner = embedded(engine)
    const slow = Promise.withResolvers<void>()
    const backend: Backend = {
      ...inner,
      async reserve(request) {
        await slow.promise
        return inner.reserve(request)
      },
    }
    const onError = vi.fn()
    const late = meteringOn({ backend, budgetMs: 10, onError })
    const router = t.router({ send: t.procedure.use(late.metered('messages', { units: 1 })).mutation(() => 'sent') })
    const error = await failureOf(router.createCaller(acme).send())
    expect(denialOf(error)).toMatchObject({ reason: 'outage' })
    expect(onError.mock.calls[0]?.[0].message).toBe('the backend did not decide within 10 ms')
    const held = Promise.withResolvers<void>()
    onTestFinished(engine.watch(({ entry }) => entry.changes.some((change) => change.kind === 'settled') && held.resolve()))
    slow.resolve()
    await held.promise
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })
})

describe('a call that runs longer than its hold lives', () => {
  const MINUTE_MS = 60_000

  /** Virtual time, for the engine and for metering; holds live for a minute. */
  function open(over: (backend: Backend) => Backend = (backend) => backend) {
    const time = createVirtualClock(START)
    const engine = openEngineOf(features, plans, {
      get now() {
        return time.now()
      },
    })
    const onError = vi.fn()
    const extensions = vi.fn()
    engine.watch(({ entry }) => entry.changes.some((change) => change.kind === 'hold_extended') && extensions())
    const backend = over(embedded(engine))
    const metering = createMetering({ features, backend, identify, onOutage: 'deny', holdTtlMs: MINUTE_MS, clock: time, onError })
    const t = initTRPC.context<Context>().create()
    return { time, engine, onError, extensions, t, procedure: t.procedure.use(metering.metered('messages', { units: 1 })) }
  }
  const identify = ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId })

  it('keeps its hold', async () => {
    const { time, engine, extensions, t, procedure } = open()
    const router = t.router({
      long: procedure.mutation(async () => {
        await time.delay(590_000)
        return await balance(engine, 'messages')
      }),
    })
    const call = router.createCaller(acme).long()
    await time.settle(() => false)
    expect(await call).toMatchObject({ held: 1, used: 0 })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
    // Every third of its life, and no more once the call has ended.
    expect(extensions).toHaveBeenCalledTimes(29)
  })

  it('is charged although its hold ran out, when an outage kept it from being extended; the outage is told once', async () => {
    const { time, engine, onError, t, procedure } = open((backend) => ({
      ...backend,
      async extend() {
        throw new OutageError('out')
      },
    }))
    const router = t.router({ long: procedure.mutation(() => time.delay(5 * MINUTE_MS)) })
    const call = router.createCaller(acme).long()
    await time.settle(() => false)
    await call
    expect(onError.mock.calls.map(([error]) => error.message)).toEqual(['out'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('whose hold ran out is given no more units: nothing says what is left', async () => {
    const { time, engine, t, procedure } = open((backend) => ({
      ...backend,
      async extend(hold, items, ttlMs) {
        if (items.length === 0) throw new OutageError('out')
        return backend.extend(hold, items, ttlMs)
      },
    }))
    const router = t.router({
      long: procedure.mutation(async ({ ctx }) => {
        await time.delay(5 * MINUTE_MS)
        await ctx.usage.add(3)
      }),
    })
    const call = failureOf(router.createCaller(acme).long())
    await time.settle(() => false)
    expect(denialOf(await call)).toMatchObject({ reason: 'outage' })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it('keeps its hold as a stream, too, for as long as its next chunk takes', async () => {
    const { time, engine, t, procedure } = open()
    const router = t.router({
      slow: procedure.mutation(async function* ({ ctx }) {
        await time.delay(5 * MINUTE_MS)
        ctx.usage.add(1)
        yield await balance(engine, 'messages')
      }),
    })
    const read = (async () => {
      for await (const chunk of await router.createCaller(acme).slow()) expect(chunk).toMatchObject({ held: 1 })
    })()
    await time.settle(() => false)
    await read
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('keeps its hold as a stream that is read slowly, however long it takes in all', async () => {
    const { time, engine, t, procedure } = open()
    const router = t.router({
      words: procedure.mutation(async function* ({ ctx }) {
        for (const word of ['a', 'b', 'c', 'd', 'e']) {
          ctx.usage.add(1)
          yield word
        }
      }),
    })
    const heard: string[] = []
    const read = (async () => {
      for await (const word of await router.createCaller(acme).words()) {
        heard.push(word)
        await time.delay(0.7 * MINUTE_MS)
      }
    })()
    await time.settle(() => false)
    await read
    expect(heard).toHaveLength(5)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, held: 0 })
  })

  it('as a stream that is never read holds nothing for ever, and costs nothing', async () => {
    const { time, engine, t, procedure } = open()
    const router = t.router({
      words: procedure.mutation(async function* () {
        yield 'word'
      }),
    })
    await router.createCaller(acme).words()
    await time.settle(() => false)
    expect(time.now()).toBeLessThanOrEqual(START + 2 * MINUTE_MS)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it('as a stream whose reader is gone without a word is charged what was delivered, and says so to a reader that comes back', async () => {
    const { time, engine, t, procedure } = open()
    const stopped = vi.fn()
    const router = t.router({
      words: procedure.mutation(async function* ({ ctx }) {
        try {
          for (const word of ['a', 'b', 'c']) {
            ctx.usage.add(1)
            yield word
          }
        } finally {
          stopped()
        }
      }),
    })
    const chunks = (await router.createCaller(acme).words())[Symbol.asyncIterator]()
    await chunks.next()
    await chunks.next()
    await time.settle(() => false)
    expect(stopped).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
    await expect(chunks.next()).rejects.toThrow('the stream was ended because nobody had read it for long')
  })
})
