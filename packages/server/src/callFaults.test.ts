import { TRPCError } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { callerOver, clientOf, denialIn, failureOf, headerWatch, linkKinds, ways } from './client.fixture.ts'
import { balance, openMetering, serve } from './served.fixture.ts'

const Count = z.object({ n: z.number() })

/** What an application may get wrong around a metered call. Whatever it is, units are charged for work that was done and answered, or not at all. */
describe.each(ways)('a call, over %s', (way) => {
  it('is refused with the error of a cost that throws, before anything is held or run', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn()
    const router = t.router({
      plain: meteredProcedure('messages', {
        units: () => {
          throw new Error('the price list is gone')
        },
      }).mutation(ran),
      typed: meteredProcedure('messages', {
        units: async () => {
          throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'choose a model first' })
        },
      }).mutation(ran),
    })
    const caller = await callerOver(way, router)
    expect((await failureOf(caller.plain())).message).toBe('the price list is gone')
    expect((await failureOf(caller.typed())).message).toBe('choose a model first')
    expect(ran).not.toHaveBeenCalled()
    expect(await engine.customer('acme')).toBeNull()
  })

  it('is refused with the error of an identify() that throws, before anything is held or run', async () => {
    const { engine, t, meteredProcedure } = await openMetering({
      identify: async () => {
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'the session has ended' })
      },
    })
    const ran = vi.fn()
    const router = t.router({ send: meteredProcedure('messages', { units: 1 }).mutation(ran) })
    expect((await failureOf((await callerOver(way, router)).send())).message).toBe('the session has ended')
    expect(ran).not.toHaveBeenCalled()
    expect(await engine.customer('acme')).toBeNull()
  })

  it('is a mistake, told in a sentence, for a customer without an id', async () => {
    const { t, meteredProcedure } = await openMetering({ identify: () => ({ customerId: '' }) })
    const router = t.router({ send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent') })
    expect((await failureOf((await callerOver(way, router)).send())).message).toMatch(/^identify\(\) answered a customerId that is empty/)
  })

  it('costs nothing when a middleware after the metering throws, before the resolver or after it', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      before: meteredProcedure('messages', { units: 1 })
        .use(() => {
          throw new Error('before')
        })
        .mutation(() => 'sent'),
      after: meteredProcedure('messages', { units: 1 })
        .use(async ({ next }) => {
          await next()
          throw new Error('after')
        })
        .mutation(() => 'sent'),
    })
    const caller = await callerOver(way, router)
    expect((await failureOf(caller.before())).message).toBe('before')
    expect((await failureOf(caller.after())).message).toBe('after')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('is charged when a middleware before the metering throws after it: the work was done, and its repeat gets the answer', async () => {
    const { engine, t, metering } = await openMetering()
    let throws = true
    const base = t.procedure.use(async ({ next }) => {
      const result = await next()
      if (throws) throw new Error('the audit log is out')
      return result
    })
    const ran = vi.fn(() => 'sent')
    const router = t.router({ send: metering.procedures(base).meteredProcedure('messages', { units: 1 }).mutation(ran) })
    const caller = await callerOver(way, router, { operationId: 'one' })
    expect((await failureOf(caller.send())).message).toBe('the audit log is out')
    throws = false
    expect(await caller.send()).toBe('sent')
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that is named costs nothing when its answer cannot be serialized: nobody could have read it', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ count: meteredProcedure('messages', { units: 1 }).mutation(() => 1n) })
    const caller = await callerOver(way, router, { operationId: 'one' })
    expect((await failureOf(caller.count())).message).toBe('Do not know how to serialize a BigInt')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, remaining: 5, held: 0 })
  })

  it('gets an answer of a megabyte whole; its repeat is told by name that so much is not kept', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(() => 'x'.repeat(1_000_000))
    const router = t.router({ render: meteredProcedure('messages', { units: 1 }).mutation(ran) })
    const caller = await callerOver(way, router, { operationId: 'one' })
    expect(await caller.render()).toHaveLength(1_000_000)
    expect(denialIn(await failureOf(caller.render()))).toMatchObject({ reason: 'answer_too_large' })
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('answers a stream whose cost used() would tell: refused in a sentence, and nothing is charged', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 1, used: () => 1 }).mutation(async function* () {
        yield 'word'
      }),
    })
    const failure = await failureOf((await callerOver(way === 'batch' ? 'stream' : way, router)).write())
    expect(failure.message).toBe('write answers a stream, whose cost used() cannot tell: count it with ctx.usage as it flows')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it('answers a stream that breaks before it begins: the call fails, and nothing is charged', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const broken: AsyncIterable<string> = {
      [Symbol.asyncIterator]() {
        throw new Error('no connection to the model')
      },
    }
    const router = t.router({ write: meteredProcedure('messages', { units: 1 }).mutation(() => broken) })
    const failure = await failureOf((await callerOver(way === 'batch' ? 'stream' : way, router)).write())
    expect(failure.message).toBe('no connection to the model')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 0 })
  })

  it("keeps its hold over the end of a month: what it used is the old month's, and the new one is whole", async () => {
    const { engine, t, clock, meteredProcedure } = await openMetering()
    const router = t.router({
      send: meteredProcedure('messages', { input: Count, units: ({ input }) => input.n }).mutation(async ({ input }) => {
        if (input.n === 3) clock.now += 2
        return (await balance(engine, 'messages')).remaining
      }),
    })
    const caller = await callerOver(way, router)
    expect(await caller.send({ n: 1 })).toBe(4)
    clock.now = Date.UTC(2026, 11, 23, 12) - 1
    expect(await caller.send({ n: 3 })).toBe(5)
    expect(await balance(engine, 'messages')).toMatchObject({ granted: 5, used: 0, remaining: 5, held: 0 })
  })
})

it('a server-side call that is not named answers what it likes, also what cannot be serialized', async () => {
  const { engine, t, meteredProcedure } = await openMetering()
  const router = t.router({ count: meteredProcedure('messages', { units: 1 }).mutation(() => 1n) })
  expect(await (await callerOver('createCaller', router)).count()).toBe(1n)
  expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
})

describe.each(linkKinds)('a batch, over the %s link', (kind) => {
  it('is not held up by a call whose cost throws: the others are answered and charged', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      send: meteredProcedure('messages', {
        input: Count,
        units({ input }) {
          if (input.n === 0) throw new Error('no')
          return input.n
        },
      }).mutation(({ input }) => input.n),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    const results = await Promise.allSettled([1, 0, 2].map((n) => client.send.mutate({ n })))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3, held: 0 })
  })
})

describe.each(linkKinds)('calls that an unmetered procedure makes, over the %s link', (kind) => {
  it('are calls of their own: no operation id, no envelope and no header of the request is theirs', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const inner = t.router({
      say: meteredProcedure('messages', { input: z.string(), units: 1 }).mutation(({ input }) => input),
      words: meteredProcedure('messages', { units: 1 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'word'
      }),
    })
    const router = t.router({
      say: inner.say,
      both: t.procedure.mutation(async ({ ctx }) => {
        const caller = inner.createCaller(ctx)
        const words: string[] = []
        for await (const word of await caller.words()) words.push(word)
        return [await caller.say('a'), await caller.say('b'), ...words]
      }),
      forOther: t.procedure.mutation(({ ctx }) => inner.createCaller({ ...ctx, user: { orgId: 'other' } }).say('c')),
    })
    const seen = headerWatch()
    const client = clientOf<typeof router>(await serve(router), { kind, envelope: true, fetch: seen.fetch })
    const as = (operationId: string) => ({ context: { operationId } })
    expect(await Promise.all([client.say.mutate('top', as('one')), client.both.mutate(undefined, as('two'))])).toEqual([
      expect.objectContaining({ data: 'top' }),
      ['a', 'b', 'word'],
    ])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4, held: 0 })
    // Whose balances those are is not the business of whoever asked.
    expect(await client.forOther.mutate()).toBe('c')
    expect(seen.access()).toBeNull()
    expect(await balance(engine, 'messages', 'other')).toMatchObject({ used: 1, held: 0 })
  })
})
