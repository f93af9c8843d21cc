import { type Store, StoreUnavailableError } from '@tollgate/engine'
import { initTRPC } from '@trpc/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { type Backend, OutageError } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { createMetering } from './createMetering.ts'
import { denialOf } from './denialError.ts'
import { allowUpTo } from './outage/outagePolicy.ts'
import type { OutageUse } from './outage/outageRecords.ts'
import { withOperation } from './request.ts'
import { balance, features, openEngineOf, openMetering, plans, START, serve } from './served.fixture.ts'
import { createVirtualClock } from './testing/virtualClock.ts'

const acme = { user: { orgId: 'acme' } }

/** A store that can be unplugged. */
function unpluggable() {
  const state = { down: false }
  const overStore = (store: Store): Store => {
    const check = (): void => {
      if (state.down) throw new StoreUnavailableError('the database is out', 'nothing_happened')
    }
    return {
      ...store,
      transact(works) {
        check()
        return store.transact(works)
      },
      customer(customerId) {
        check()
        return store.customer(customerId)
      },
    }
  }
  return { state, overStore }
}

async function open(options: Parameters<typeof openMetering>[0] = {}) {
  const { state, overStore } = unpluggable()
  const uses: OutageUse[] = []
  const onError = vi.fn()
  const opened = await openMetering({ overStore, onError, onOutageUse: (use) => uses.push(use), ...options })
  const { t, meteredProcedure, gatedProcedure } = opened
  const ran = vi.fn(() => 'sent')
  const router = t.router({
    send: meteredProcedure('messages', { input: z.object({ n: z.number() }), units: ({ input }) => input.n }).mutation(ran),
    images: meteredProcedure('image_gen', { units: 1 }).mutation(ran),
    saml: gatedProcedure('sso').query(ran),
    cut: meteredProcedure('messages', { units: 1 }).mutation(() => {
      state.down = true
      return 'done'
    }),
  })
  return { ...opened, state, uses, onError, ran, router, caller: router.createCaller(acme) }
}

describe.each(linkKinds)('an outage under the policy deny, over the %s link', (kind) => {
  it('is a reason of its own, runs nothing, and is never told as no usage', async () => {
    const { state, ran, router, onError } = await open()
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
    const { state, router } = await open()
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

describe('the policy allow', () => {
  it('lets calls through, and records them when the backend is back, with what was too much', async () => {
    const { engine, metering, state, uses, ran, caller } = await open({ onOutage: 'allow' })
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
    const { engine, metering, t, meteredProcedure, state } = await open({ onOutage: 'allow' })
    const router = t.router({
      fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
        throw new Error('broken')
      }),
    })
    state.down = true
    await failureOf(router.createCaller(acme).fail())
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0 })
  })

  it('lets an operation through once: its repeat gets the answer, and other input is a conflict', async () => {
    const { engine, metering, state, ran, router } = await open({ onOutage: 'allow' })
    const named = router.createCaller(withOperation(acme, 'one'))
    state.down = true
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(denialOf(await failureOf(named.send({ n: 2 })))).toMatchObject({ reason: 'operation_conflict' })
    expect(ran).toHaveBeenCalledOnce()
    state.down = false
    await metering.drain()
    expect(await named.send({ n: 1 })).toBe('sent')
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('settles what was really used', async () => {
    const { engine, metering, t, meteredProcedure, state } = await open({ onOutage: 'allow' })
    const router = t.router({
      work: meteredProcedure('messages', { units: 1 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3)
        return (await ctx.usage.counted()) ?? 0
      }),
    })
    state.down = true
    expect(await router.createCaller(acme).work()).toBe(3)
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3 })
  })
})

describe('the policy allowUpTo', () => {
  it('lets so many units through for each customer, and no more until they are recorded', async () => {
    const { engine, metering, state, router, caller } = await open({ onOutage: allowUpTo(3) })
    const other = router.createCaller({ user: { orgId: 'other' } })
    state.down = true
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => caller.send({ n: 1 })))
    expect(calls.map((call) => call.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(denialOf(await failureOf(caller.send({ n: 1 })))).toMatchObject({ reason: 'outage' })
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
    const { t, meteredProcedure, state, caller } = await open({ onOutage: allowUpTo(1) })
    const router = t.router({
      fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
        throw new Error('broken')
      }),
    })
    state.down = true
    await failureOf(router.createCaller(acme).fail())
    expect(await caller.send({ n: 1 })).toBe('sent')
    state.down = false
  })

  it('may differ by feature', async () => {
    const { state, caller } = await open({ onOutage: { default: 'deny', features: { messages: allowUpTo(2), sso: 'allow' } } })
    state.down = true
    expect(await caller.send({ n: 2 })).toBe('sent')
    expect(denialOf(await failureOf(caller.images()))).toMatchObject({ reason: 'outage', featureId: 'image_gen' })
    expect(await caller.saml()).toBe('sent')
    state.down = false
  })

  it('is all or nothing for several features', async () => {
    const { t, meteredProcedure, state, caller } = await open({ onOutage: { default: 'deny', features: { messages: allowUpTo(2) } } })
    const router = t.router({ both: meteredProcedure({ messages: 1, image_gen: 1 }).mutation(() => 'sent') })
    state.down = true
    expect(denialOf(await failureOf(router.createCaller(acme).both()))).toMatchObject({ reason: 'outage' })
    expect(await caller.send({ n: 2 })).toBe('sent')
    state.down = false
  })
})

describe('an outage between the work and its commit', () => {
  it('is waited for, and the call is recorded once', async () => {
    const { engine, state, caller } = await open()
    const call = caller.cut()
    await vi.waitFor(() => expect(state.down).toBe(true))
    state.down = false
    expect(await call).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that lasts is told to the caller under deny; the work is recorded all the same, and its repeat gets the answer', async () => {
    const { engine, metering, state, router } = await open({ settleTimeoutMs: 20 })
    const named = router.createCaller(withOperation(acme, 'one'))
    expect(denialOf(await failureOf(named.cut()))).toMatchObject({ reason: 'outage' })
    state.down = false
    await metering.drain()
    expect(await named.cut()).toBe('done')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that lasts does not keep the answer back under allow', async () => {
    const { engine, metering, state, caller } = await open({ settleTimeoutMs: 20, onOutage: 'allow' })
    expect(await caller.cut()).toBe('done')
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that outlasts the hold loses nothing: the work is recorded without it', async () => {
    const { engine, clock, metering, state, caller } = await open({ settleTimeoutMs: 20, holdTtlMs: 60_000 })
    await failureOf(caller.cut())
    clock.now += 120_000
    state.down = false
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('does not strand the units of a call that failed', async () => {
    const { engine, metering, t, meteredProcedure, state } = await open()
    const router = t.router({
      fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
        state.down = true
        throw new Error('broken')
      }),
    })
    expect((await failureOf(router.createCaller(acme).fail())).message).toBe('broken')
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
    const lossy = createMetering({
      features,
      backend,
      identify: ({ ctx }: { ctx: typeof acme }) => ({ customerId: ctx.user.orgId }),
      onOutage: 'deny',
    })
    const router = t.router({ send: t.procedure.use(lossy.metered('messages', { units: 1 })).mutation(({ ctx }) => ctx.usage.operationId) })
    const operationId = await router.createCaller(acme).send()
    expect(lost).toBe(2)
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
    expect(await metering.receipt({ customerId: 'acme', operationId })).toMatchObject({ items: [{ units: 1 }] })
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
    const late = createMetering({
      features,
      backend,
      identify: ({ ctx }: { ctx: typeof acme }) => ({ customerId: ctx.user.orgId }),
      onOutage: 'deny',
      budgetMs: 10,
      onError,
    })
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
  it('keeps its hold', async () => {
    const time = createVirtualClock(START)
    const engine = openEngineOf(features, plans, {
      get now() {
        return time.now()
      },
    })
    const extensions = vi.fn()
    engine.watch(({ entry }) => entry.changes.some((change) => change.kind === 'hold_extended') && extensions())
    const identify = ({ ctx }: { ctx: typeof acme }) => ({ customerId: ctx.user.orgId })
    const metering = createMetering({ features, backend: embedded(engine), identify, onOutage: 'deny', holdTtlMs: 60_000, clock: time })
    const t = initTRPC.context<typeof acme>().create()
    const router = t.router({
      long: t.procedure.use(metering.metered('messages', { units: 1 })).mutation(async () => {
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
})
