import { initTRPC, TRPCError } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { balance, type Context, openMetering, remaining, serve } from './served.fixture.ts'

const Count = z.object({ n: z.number() })

describe.each(linkKinds)('over a socket, with the %s link', (kind) => {
  it('admits exactly five of twenty parallel calls on a balance of five', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(({ input }: { input: { n: number } }) => input.n)
    const router = t.router({ send: meteredProcedure('messages', { input: Count, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => client.send.mutate({ n })))

    expect(results.map((result) => result.status)).toEqual([...Array(5).fill('fulfilled'), ...Array(15).fill('rejected')])
    expect(ran).toHaveBeenCalledTimes(5)
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 0, used: 5, held: 0 })
  })

  it('admits exactly five of twenty calls that come in requests of their own', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { input: Count, units: 1 }).mutation(({ input }) => input.n) })
    const url = await serve(router)

    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => clientOf<typeof router>(url, { kind }).send.mutate({ n })),
    )

    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(5)
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 0, used: 5, held: 0 })
  })

  it('takes units computed from the input, and pays them from the pool', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      generate: meteredProcedure('image_gen', { input: Count, units: ({ input }) => input.n }).mutation(() => 'done'),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })

    expect(await client.generate.mutate({ n: 4 })).toBe('done')
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 60, used: 40, held: 0 })
  })

  it('leaves the balance untouched when the resolver throws', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      send: meteredProcedure('messages', { units: 1 }).mutation(() => {
        throw new TRPCError({ code: 'BAD_GATEWAY', message: 'the model is out' })
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const failure = await failureOf(client.send.mutate())
    expect(failure.message).toBe('the model is out')
    expect(failure.data).toMatchObject({ code: 'BAD_GATEWAY', denial: null })
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 5, used: 0, held: 0 })
  })

  it('leaves the balance untouched when the answer fails its schema', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      send: meteredProcedure('messages', { units: 1, output: z.string() }).mutation(() => 7 as unknown as string),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })

    expect((await failureOf(client.send.mutate())).message).toBe('Output validation failed')
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 5, used: 0, held: 0 })
  })

  it('leaves the balance untouched when the resolver stops on the abort signal', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const started = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const router = t.router({
      send: meteredProcedure('messages', { units: 1 }).mutation(async ({ signal }) => {
        started.resolve()
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    engine.watch(({ entry }) => entry.changes.some((change) => change.kind === 'settled') && stopped.resolve())
    const abort = new AbortController()
    const call = client.send.mutate(undefined, { signal: abort.signal })
    await started.promise
    expect(await balance(engine, 'messages')).toMatchObject({ held: 1 })
    abort.abort()
    await failureOf(call)
    await stopped.promise
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 5, used: 0, held: 0 })
  })

  it('charges a resolver that finishes although its caller has left', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const started = Promise.withResolvers<AbortSignal>()
    const work = Promise.withResolvers<string>()
    const settled = Promise.withResolvers<void>()
    const router = t.router({
      send: meteredProcedure('messages', { units: 1 }).mutation(({ signal }) => {
        if (signal) started.resolve(signal)
        return work.promise
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    engine.watch(({ entry }) => entry.changes.some((change) => change.kind === 'settled') && settled.resolve())
    const abort = new AbortController()
    const call = client.send.mutate(undefined, { signal: abort.signal })
    const signal = await started.promise
    const gone = new Promise((resolve) => signal.addEventListener('abort', resolve))
    abort.abort()
    await failureOf(call)
    await gone
    work.resolve('done all the same')
    await settled.promise
    expect(await balance(engine, 'messages')).toMatchObject({ remaining: 4, used: 1, held: 0 })
  })

  it('refuses with what a client needs to know', async () => {
    const { t, meteredProcedure } = await openMetering()
    const router = t.router({
      generate: meteredProcedure('image_gen', { input: Count, units: ({ input }) => input.n }).mutation(() => 'done'),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const failure = await failureOf(client.generate.mutate({ n: 11 }))
    const shortage = { featureId: 'image_gen', poolId: 'credits', required: 110, remaining: 100, resetsAt: Date.UTC(2026, 11, 23, 12) }
    expect(failure.data).toMatchObject({ code: 'FORBIDDEN', httpStatus: 403 })
    expect(failure.data?.denial).toEqual({
      reason: 'limit_reached',
      ...shortage,
      shortages: [shortage],
      unlockedBy: [{ planId: 'pro', name: 'Pro' }],
      message: 'Not enough Credits for Image Gen (110 needed, 100 left): more on 2026-12-23 at 12:00 UTC, or with Pro.',
    })
  })
})

describe('a customer', () => {
  it('is created on first sight, once, with the plan that enables itself', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent') })
    const caller = router.createCaller({ user: { orgId: 'newcomer' } })

    await Promise.all([caller.send(), caller.send(), caller.send()])
    await caller.send()

    const entries = await engine.entries({ customerId: 'newcomer', order: 'oldest', limit: 100 })
    expect(entries.items.flatMap((entry) => entry.changes).filter((change) => change.kind === 'customer_created')).toHaveLength(1)
    const customer = await engine.customer('newcomer')
    expect(customer?.subscriptions.map((subscription) => subscription.planId)).toEqual(['free'])
    expect(await remaining(engine, 'messages', 'newcomer')).toBe(1)
  })

  it('is recorded with the name and address that identify() answers', async () => {
    const { engine, metering, t } = await openMetering({
      identify: ({ ctx }) => ({ customerId: ctx.user.orgId, name: 'Acme', email: 'ops@acme.example' }),
    })
    const router = t.router({ send: t.procedure.use(metering.metered('messages', { units: 1 })).mutation(() => 'sent') })
    await router.createCaller({ user: { orgId: 'acme' } }).send()
    expect(await engine.customer('acme')).toMatchObject({ name: 'Acme', email: 'ops@acme.example' })
  })

  it('is charged on its own: another has its whole balance', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent') })
    const url = await serve(router)
    await clientOf<typeof router>(url, { org: 'one' }).send.mutate()
    await clientOf<typeof router>(url, { org: 'two' }).send.mutate()
    expect(await remaining(engine, 'messages', 'one')).toBe(4)
    expect(await remaining(engine, 'messages', 'two')).toBe(4)
  })

  it.each([
    ['null', null],
    ['undefined, in plain JavaScript', undefined as unknown as null],
  ])('must be known: nobody, told as %s, is UNAUTHORIZED, and nothing runs', async (_how, nobody) => {
    const { t, meteredProcedure } = await openMetering({ identify: () => nobody })
    const ran = vi.fn(() => 'sent')
    const router = t.router({ send: meteredProcedure('messages', { units: 1 }).mutation(ran) })
    const failure = await failureOf(clientOf<typeof router>(await serve(router)).send.mutate())
    expect(failure.data?.code).toBe('UNAUTHORIZED')
    expect(ran).not.toHaveBeenCalled()
  })
})

describe('units', () => {
  it.each([
    [-1, "the units of 'messages' in send came to -1: it takes a number from 0"],
    [Number.NaN, "the units of 'messages' in send came to NaN: it takes a number from 0"],
    [
      0.123456789012,
      "the units of 'messages' in send cannot be counted: 0.123456789012 has more than ten decimal places: round it before it is counted",
    ],
    [Number.POSITIVE_INFINITY, "the units of 'messages' in send cannot be counted: Infinity is not an amount: give a finite number"],
    [1e300, "the units of 'messages' in send cannot be counted: 1e+300 is beyond the largest amount, 1000000000000000"],
  ])('that cannot be counted are a bad request: %s', async (units, message) => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: () => units }).mutation(() => 'sent') })
    const error = await failureOf(router.createCaller({ user: { orgId: 'acme' } }).send())
    expect(error).toMatchObject({ code: 'BAD_REQUEST', message })
    expect(await remaining(engine, 'messages')).toBe(5)
  })

  it('add up exactly: three times 0.1 is 0.3', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: 0.1 }).mutation(() => 'sent') })
    const caller = router.createCaller({ user: { orgId: 'acme' } })
    await caller.send()
    await caller.send()
    await caller.send()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0.3, remaining: 4.7 })
  })

  it('may be awaited', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      send: meteredProcedure('messages', { units: async ({ ctx }) => ctx.user.orgId.length }).mutation(() => 'sent'),
    })
    await router.createCaller({ user: { orgId: 'acme' } }).send()
    expect(await remaining(engine, 'messages')).toBe(1)
  })

  it('may come from a query that is a promise by its `then` alone, and so may the customer', async () => {
    const query = <T>(answer: T) => ({
      // biome-ignore lint/suspicious/noThenProperty: so do database clients
      then: (resolve: (answer: T) => unknown) => Promise.resolve(answer).then(resolve),
    })
    const { engine, t, meteredProcedure } = await openMetering({
      identify: ({ ctx }) => query({ customerId: ctx.user.orgId }) as Promise<{ customerId: string }>,
    })
    const router = t.router({ send: meteredProcedure('messages', { units: () => query(2) as Promise<number> }).mutation(() => 'sent') })
    expect(await router.createCaller({ user: { orgId: 'acme' } }).send()).toBe('sent')
    expect(await remaining(engine, 'messages')).toBe(3)
  })

  it('see the input as it was parsed', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const Text = z.object({ text: z.string().transform((text) => text.split(' ')) })
    const router = t.router({
      send: meteredProcedure('messages', { input: Text, units: ({ input }) => input.text.length }).mutation(() => 'sent'),
    })
    await router.createCaller({ user: { orgId: 'acme' } }).send({ text: 'three little words' })
    expect(await remaining(engine, 'messages')).toBe(2)
  })

  it('may be none: the call is recorded and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: 0 }).mutation(() => 'sent') })
    await router.createCaller({ user: { orgId: 'acme' } }).send()
    expect(await remaining(engine, 'messages')).toBe(5)
  })
})

describe('the builder that comes back', () => {
  it('is a native one: it chains on, and serves queries too', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      search: meteredProcedure('messages', { input: Count, units: 1 })
        .input(z.object({ text: z.string() }))
        .use(({ next, ctx }) => next({ ctx: { shout: `${ctx.user.orgId}!` } }))
        .output(z.string())
        .query(({ input, ctx }) => `${input.text} ${input.n} ${ctx.shout}`),
    })
    expect(await clientOf<typeof router>(await serve(router)).search.query({ n: 2, text: 'two' })).toBe('two 2 acme!')
    expect(await remaining(engine, 'messages')).toBe(4)
  })
})

describe('metered()', () => {
  it('meters a procedure of any initTRPC, between its input and its output', async () => {
    const { engine, metering } = await openMetering()
    const other = initTRPC.context<Context & { readonly locale: string }>().create()
    const router = other.router({
      generate: other.procedure
        .input(Count)
        .use(metering.metered('image_gen', { units: ({ input, ctx }) => input.n + ctx.locale.length }))
        .output(z.string())
        .mutation(({ ctx, input }) => (input.n === 0 ? (0 as unknown as string) : `${ctx.locale} ${ctx.usage.operationId.slice(0, 3)}`)),
    })
    const caller = router.createCaller({ user: { orgId: 'acme' }, locale: 'de' })

    expect(await caller.generate({ n: 1 })).toBe('de op_')
    expect(await remaining(engine, 'credits')).toBe(70)
    await failureOf(caller.generate({ n: 0 }))
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 70, held: 0 })
  })

  it('says at once what a plain program got wrong', async () => {
    const { metering } = await openMetering()
    const meter = metering.metered as unknown as (what: unknown, options?: object) => void
    expect(() => meter('nope', { units: 1 })).toThrow("there is no feature 'nope' in the registry: declare it with defineFeatures()")
    expect(() => meter('sso', { units: 1 })).toThrow("'sso' is a boolean feature, which is not counted: use gatedProcedure('sso')")
    expect(() => meter('credits', { units: 1 })).toThrow("'credits' is a credit system: meter a feature that draws from it")
    expect(() => meter('messages')).toThrow("meter 'messages' by a number of units: { units: 1 }, or computed from the input")
    expect(() => meter({ messages: 1 }, { units: 1 })).toThrow('say the units of several features beside their ids')
    expect(() => meter({})).toThrow('a metered procedure names at least one feature')
    const gate = metering.gated as unknown as (id: string) => void
    expect(() => gate('nope')).toThrow("there is no feature 'nope' in the registry")
    expect(() => gate('messages')).toThrow("'messages' is counted in units, not had or not: use meteredProcedure('messages', { units: … })")
    expect(() => gate('credits')).toThrow("'credits' is a credit system: gate by a boolean feature, or meter a feature that draws from it")
  })
})
