import type { CustomerAccess } from '@tollgate/features'
import { TRPCError } from '@trpc/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { changesOf } from './changes.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { balance, openMetering, plans, START, serve } from './served.fixture.ts'

const Count = z.object({ n: z.number() })
const DAY_MS = 86_400_000

async function open() {
  const opened = await openMetering()
  const { t, metering, meteredProcedure, gatedProcedure } = opened
  const ran = vi.fn()
  const router = t.router({
    usage: metering.usageRouter(t.procedure),
    images: t.router({
      generate: meteredProcedure('image_gen', { input: Count, units: ({ input }) => input.n }).mutation(({ input }) => {
        ran()
        return input.n
      }),
      both: meteredProcedure({ messages: 1, image_gen: ({ input }) => input.n }, { input: Count }).mutation(ran),
    }),
    send: meteredProcedure('messages', { units: 1 }).mutation(ran),
    saml: gatedProcedure('sso').query(ran),
    free: t.procedure.query(() => 'free'),
  })
  const url = await serve(router)
  return { ...opened, ran, router, url, client: clientOf<typeof router>(url) }
}

describe('access', () => {
  it('tells what the customer has; one that is new has the plan that enables itself', async () => {
    const { client } = await open()
    const access = await client.usage.access.query()
    expect(access).toMatchObject({ customerId: 'acme', entityId: null, at: START, plans: [{ planId: 'free', status: 'active' }] })
    expect(access.features.messages).toMatchObject({ granted: 5, remaining: 5, used: 0, held: 0 })
    expect(access.features.credits).toMatchObject({ granted: 100, remaining: 100 })
    expect(access.features.sso).toBeUndefined()
  })

  it('is of the customer that the context names, whatever the client sends', async () => {
    const { client } = await open()
    const input = { customerId: 'other', customer: 'other', entityId: undefined }
    expect((await client.usage.access.query(input)).customerId).toBe('acme')
  })

  it('of an entity is given to its customer; a session of an entity sees its own only', async () => {
    const { engine, client } = await open()
    await client.usage.access.query()
    await engine.execute('acme', { kind: 'create_entity', entityId: 'seat-1', name: null, featureId: 'seats' })
    expect(await client.usage.access.query({ entityId: 'seat-1' })).toMatchObject({ customerId: 'acme', entityId: 'seat-1' })

    const seat = await openMetering({ identify: ({ ctx }) => ({ customerId: ctx.user.orgId, entityId: 'seat-1' }) })
    const router = seat.t.router({ usage: seat.metering.usageRouter(seat.t.procedure) })
    const caller = router.createCaller({ user: { orgId: 'acme' } })
    expect(await failureOf(caller.usage.access({ entityId: 'seat-2' }))).toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('changes', () => {
  /** Subscribes, calls once the first access is there, and reads until an access is wanted no longer. */
  const follow = async (
    client: Awaited<ReturnType<typeof open>>['client'],
    call: () => Promise<unknown>,
    until: (used: number) => boolean,
  ) => {
    const heard: { id: string; data: CustomerAccess }[] = []
    let called: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve, reject) => {
      const subscription = client.usage.changes.subscribe(undefined, {
        onError: reject,
        onData(change) {
          heard.push(change)
          if (heard.length === 1) called = call()
          const messages = change.data.features['messages']
          if (messages?.type !== 'metered' || !until(messages.used)) return
          subscription.unsubscribe()
          resolve()
        },
      })
    })
    await called
    return heard
  }

  it('tell the access now and when it has changed, over SSE, with ids that grow', async () => {
    const { client } = await open()
    const heard = await follow(
      client,
      () => client.send.mutate(),
      (used) => used === 1,
    )
    expect(heard[0]?.data.features['messages']).toMatchObject({ remaining: 5, held: 0, used: 0 })
    expect(heard.at(-1)?.data.features['messages']).toMatchObject({ remaining: 4, held: 0, used: 1 })
    expect(heard.map(({ id }) => Number(id))).toEqual(heard.map(({ data }) => data.version))
    expect(heard.map(({ id }) => Number(id))).toEqual([...new Set(heard.map(({ id }) => Number(id)))].sort((a, b) => a - b))
  })

  it("tell nothing of another customer's", async () => {
    const { url, client, router } = await open()
    const other = clientOf<typeof router>(url, { org: 'other' })
    const calls = async () => {
      await other.send.mutate()
      await client.send.mutate()
    }
    const heard = await follow(client, calls, (used) => used === 1)
    expect(new Set(heard.map(({ data }) => data.customerId))).toEqual(new Set(['acme']))
  })
})

describe('changesOf', () => {
  const caller = { customerId: 'acme', entityId: null }

  it('tells the newest to a reader that is slower than the changes', async () => {
    const { engine } = await openMetering()
    const changes = changesOf(embedded(engine), caller, 60_000, undefined)
    expect((await changes.next()).value).toMatchObject({ version: 1 })
    const backend = embedded(engine)
    for (let use = 1; use <= 3; use++) {
      const items = [{ featureId: 'messages', units: 1 }]
      await backend.record({ caller, items, operation: { id: `${use}`, fingerprint: '' }, overage: 'cap', procedure: 'p', answer: null })
    }
    expect((await changes.next()).value).toMatchObject({ version: 4, features: { messages: { used: 3 } } })
    await changes.return()
  })

  it('tells again once in a while, what other processes changed included, and stops listening when its reader leaves', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { engine } = await openMetering()
    let listening = 0
    const backend: Backend = {
      ...embedded(engine),
      // Hears nothing: the change comes from another process.
      watch() {
        listening++
        return () => listening--
      },
    }
    const changes = changesOf(backend, caller, 25_000, undefined)
    await changes.next()
    expect(listening).toBe(1)
    await engine.execute('acme', { kind: 'move_clock', offsetMs: DAY_MS })
    const next = changes.next()
    await vi.advanceTimersByTimeAsync(25_000)
    expect((await next).value).toMatchObject({ version: 2, at: START + DAY_MS })
    await changes.return()
    expect(listening).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends when it is aborted', async () => {
    const { engine } = await openMetering()
    const abort = new AbortController()
    const changes = changesOf(embedded(engine), caller, 60_000, abort.signal)
    await changes.next()
    const next = changes.next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})

describe('the manifest', () => {
  it('tells which procedures are metered or gated, by path', async () => {
    const { client } = await open()
    expect(await client.usage.manifest.query()).toEqual({
      procedures: {
        'images.generate': { kind: 'metered', costs: [{ featureId: 'image_gen', units: 'input' }] },
        'images.both': {
          kind: 'metered',
          costs: [
            { featureId: 'messages', units: 1 },
            { featureId: 'image_gen', units: 'input' },
          ],
        },
        send: { kind: 'metered', costs: [{ featureId: 'messages', units: 1 }] },
        saml: { kind: 'gated', featureId: 'sso' },
      },
    })
  })

  it('needs to know the router, and says how', async () => {
    const { router } = await open()
    const error = await failureOf(router.createCaller({ user: { orgId: 'acme' } }).usage.manifest())
    expect(error.message).toContain('serve the router with handlerOptions() or mountTrpc()')
  })
})

describe('a quote', () => {
  it('says cost, pool, whether it is allowed and the balance after, without running or holding anything', async () => {
    const { engine, ran, client } = await open()
    const before = (await client.usage.access.query()).version
    expect(await client.usage.quote.query({ path: 'images.generate', input: { n: 4 } })).toEqual({
      path: 'images.generate',
      allowed: true,
      costs: [{ featureId: 'image_gen', units: 4, poolId: 'credits', required: 40, balance: 100, balanceAfter: 60 }],
      denial: null,
    })
    expect(ran).not.toHaveBeenCalled()
    expect((await engine.customer('acme'))?.seq).toBe(before)
  })

  it('agrees with the call: what is quoted as refused is refused in the same words', async () => {
    const { client } = await open()
    const quote = await client.usage.quote.query({ path: 'images.generate', input: { n: 11 } })
    expect(quote).toMatchObject({ allowed: false, costs: [{ required: 110, balance: 100, balanceAfter: 100 }] })
    const failure = await failureOf(client.images.generate.mutate({ n: 11 }))
    expect(quote.denial).toEqual(failure.data?.denial)
  })

  it('prices several features together', async () => {
    const { client } = await open()
    expect(await client.usage.quote.query({ path: 'images.both', input: { n: 2 } })).toMatchObject({
      allowed: true,
      costs: [
        { featureId: 'messages', units: 1, poolId: 'messages', balanceAfter: 4 },
        { featureId: 'image_gen', units: 2, poolId: 'credits', balanceAfter: 80 },
      ],
    })
  })

  it("validates the input by the procedure's own schema", async () => {
    const { client } = await open()
    expect((await failureOf(client.usage.quote.query({ path: 'images.generate', input: { n: 'four' } }))).data?.code).toBe('BAD_REQUEST')
  })

  it('of a gated procedure says whether the gate is open, and runs nothing', async () => {
    const { ran, client } = await open()
    expect(await client.usage.quote.query({ path: 'saml' })).toMatchObject({
      allowed: false,
      costs: [],
      denial: { reason: 'feature_not_in_plan', featureId: 'sso', unlockedBy: [{ planId: 'pro' }] },
    })
    expect(ran).not.toHaveBeenCalled()
  })

  it('of a procedure that costs nothing, or that is not there, is not found, and runs nothing', async () => {
    const { client } = await open()
    for (const path of ['free', 'usage.access', 'constructor', 'images', 'nope']) {
      expect((await failureOf(client.usage.quote.query({ path }))).data?.code, path).toBe('NOT_FOUND')
    }
  })

  it("is given only to those whom the procedure's own middlewares let through", async () => {
    const { t, metering } = await openMetering()
    const admins = t.procedure.use(({ ctx, next }) => {
      if (ctx.user.orgId !== 'admins') throw new TRPCError({ code: 'FORBIDDEN', message: 'admins only' })
      return next()
    })
    const router = t.router({
      usage: metering.usageRouter(t.procedure),
      purge: metering
        .procedures(admins)
        .meteredProcedure('messages', { units: 1 })
        .mutation(() => 'purged'),
    })
    const failure = await failureOf(clientOf<typeof router>(await serve(router)).usage.quote.query({ path: 'purge' }))
    expect(failure.message).toBe('admins only')
  })
})

describe('the history', () => {
  it('sums units by feature and bin; refunds count back', async () => {
    const { clock, metering, client } = await open()
    await client.send.mutate()
    await client.images.generate.mutate({ n: 2 })
    clock.now += DAY_MS
    await client.send.mutate()
    await client.send.mutate()
    const { items } = await client.usage.receipts.query({ limit: 1 })
    const [last] = items
    if (last) await metering.refund(last)

    const query = { featureIds: ['messages', 'image_gen'], from: START - DAY_MS, until: START + 2 * DAY_MS }
    const day = Date.UTC(2026, 10, 23)
    expect(await client.usage.history.query({ ...query, bin: 'day' })).toEqual([
      { at: day, units: { messages: 1, image_gen: 2 } },
      { at: day + DAY_MS, units: { messages: 1 } },
    ])
    expect(await client.usage.history.query({ ...query, bin: 'hour' })).toMatchObject([{ at: START }, { at: START + DAY_MS }])
    expect(await client.usage.history.query({ ...query, bin: 'month' })).toEqual([
      { at: Date.UTC(2026, 10, 1), units: { messages: 2, image_gen: 2 } },
    ])
    expect(await client.usage.history.query({ ...query, until: START + 1, featureIds: ['messages'], bin: 'day' })).toEqual([
      { at: day, units: { messages: 1 } },
    ])
  })

  it('wants a span of time that is one', async () => {
    const { client } = await open()
    const failure = await failureOf(client.usage.history.query({ featureIds: ['messages'], from: 2, until: 1, bin: 'day' }))
    expect(failure.message).toContain('until must be later than from')
  })
})

describe('receipts', () => {
  it('tell what calls have cost, newest first, page by page', async () => {
    const { clock, client } = await open()
    await client.send.mutate()
    clock.now += 1_000
    await client.images.generate.mutate({ n: 2 })
    clock.now += 1_000
    await failureOf(client.images.generate.mutate({ n: 1_000 }))
    await client.send.mutate()

    const first = await client.usage.receipts.query({ limit: 2 })
    expect(first.items).toMatchObject([
      { procedure: 'send', kind: 'use', at: START + 2_000, items: [{ featureId: 'messages', units: 1 }] },
      {
        procedure: 'images.generate',
        customerId: 'acme',
        items: [{ featureId: 'image_gen', units: 2, payments: [{ poolId: 'credits', planId: 'free', amount: 20 }] }],
      },
    ])
    const rest = await client.usage.receipts.query({ limit: 2, cursor: first.nextCursor })
    expect(rest.items).toMatchObject([{ procedure: 'send', at: START }])
    expect(rest.nextCursor).toBeNull()
  })

  it('are found by feature, and by a part of the procedure or the operation', async () => {
    const { client } = await open()
    await client.send.mutate()
    await client.images.generate.mutate({ n: 1 })
    await client.images.both.mutate({ n: 1 })
    const procedures = async (input: { featureId?: string; search?: string }) =>
      (await client.usage.receipts.query(input)).items.map((receipt) => receipt.procedure)
    expect(await procedures({ featureId: 'messages' })).toEqual(['images.both', 'send'])
    expect(await procedures({ search: 'IMAGES.' })).toEqual(['images.both', 'images.generate'])
    const { items } = await client.usage.receipts.query({ search: 'send' })
    expect(await procedures({ search: items[0]?.operationId ?? 'none' })).toEqual(['send'])
  })

  it("show nothing of another customer's", async () => {
    const { url, client, router } = await open()
    await client.send.mutate()
    const other = clientOf<typeof router>(url, { org: 'other' })
    expect((await other.usage.receipts.query()).items).toEqual([])
  })
})

describe('plans', () => {
  it('are told as they were declared', async () => {
    const { client } = await open()
    expect(await client.usage.plans.query()).toEqual(JSON.parse(JSON.stringify(Object.values(plans))))
  })
})

describe('a refund', () => {
  it('gives the units back to the grants that paid, once', async () => {
    const { engine, metering, client } = await open()
    await client.images.generate.mutate({ n: 3 })
    const [receipt] = (await client.usage.receipts.query()).items
    if (receipt === undefined) throw new Error('the call left no receipt')
    const grant = receipt.items[0]?.payments[0]?.grantId

    const refund = await metering.refund(receipt)
    expect(refund).toMatchObject({
      kind: 'refunded',
      receipt: { items: [{ featureId: 'image_gen', units: -3, payments: [{ grantId: grant, amount: -30 }] }] },
    })
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 100, used: 0 })
    expect(await metering.refund(receipt)).toMatchObject({ kind: 'already_refunded' })
    expect(await Promise.all([metering.refund(receipt), metering.refund(receipt)])).toMatchObject([
      { kind: 'already_refunded' },
      { kind: 'already_refunded' },
    ])
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 100, used: 0 })
  })

  it("finds nothing under another customer's id, or for a call that failed", async () => {
    const { metering, client } = await open()
    await client.send.mutate()
    const [receipt] = (await client.usage.receipts.query()).items
    if (receipt === undefined) throw new Error('the call left no receipt')
    expect(await metering.refund({ customerId: 'other', operationId: receipt.operationId })).toEqual({ kind: 'not_found' })
    expect(await metering.refund({ customerId: 'acme', operationId: 'nope' })).toEqual({ kind: 'not_found' })
    expect(await metering.receipt({ customerId: 'acme', operationId: receipt.operationId })).toMatchObject({ items: receipt.items })
  })

  it('is possible from inside: ctx.usage tells the operation at once, and the receipt when it is there', async () => {
    const { metering, t, meteredProcedure } = await openMetering()
    const receipts: Promise<unknown>[] = []
    const router = t.router({
      work: meteredProcedure('messages', { units: 2 }).mutation(({ ctx }) => {
        receipts.push(ctx.usage.receipt)
        return ctx.usage.operationId
      }),
      fail: meteredProcedure('messages', { units: 2 }).mutation(({ ctx }) => {
        receipts.push(ctx.usage.receipt)
        throw new Error('broken')
      }),
    })
    const caller = router.createCaller({ user: { orgId: 'acme' } })
    const operationId = await caller.work()
    await failureOf(caller.fail())
    const [receipt, none] = await Promise.all(receipts)
    expect(receipt).toMatchObject({ operationId, customerId: 'acme', at: START, items: [{ featureId: 'messages', units: 2 }] })
    expect(none).toBeNull()
    expect(await metering.refund({ customerId: 'acme', operationId })).toMatchObject({ kind: 'refunded' })
  })
})

describe.each(linkKinds)('over the %s link', (kind) => {
  it('queries are answered', async () => {
    const { url, router } = await open()
    const client = clientOf<typeof router>(url, { kind })
    expect((await client.usage.access.query()).customerId).toBe('acme')
  })
})
