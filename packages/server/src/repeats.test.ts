import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { embedded } from './backends/embedded.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { repeatableOperation } from './operation.ts'
import { withOperation } from './request.ts'
import { balance, type Context, meteringOn, openMetering, serve } from './served.fixture.ts'

const Prompt = z.object({ text: z.string() })
const acme = { user: { orgId: 'acme' } }
const as = (operationId: string) => ({ context: { operationId } })

describe.each(linkKinds)('a call that is repeated under its operation id, over the %s link', (kind) => {
  it('gets the stored answer, and runs and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(({ input }: { input: { text: string } }) => ({ said: input.text, at: ran.mock.calls.length }))
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const first = await client.say.mutate({ text: 'hi' }, as('one'))
    const again = await client.say.mutate({ text: 'hi' }, as('one'))

    expect(first).toEqual({ said: 'hi', at: 1 })
    expect(again).toEqual(first)
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('is a conflict with other input, and runs and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(() => 'said')
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })

    await client.say.mutate({ text: 'hi' }, as('one'))
    const failure = await failureOf(client.say.mutate({ text: 'something else' }, as('one')))

    expect(failure.data).toMatchObject({ code: 'CONFLICT', denial: { reason: 'operation_conflict', featureId: 'messages' } })
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('waits for the first while it runs, and gets its answer', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const started = Promise.withResolvers<void>()
    const work = Promise.withResolvers<string>()
    const ran = vi.fn(() => {
      started.resolve()
      return work.promise
    })
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const first = client.say.mutate({ text: 'hi' }, as('one'))
    await started.promise
    const again = client.say.mutate({ text: 'hi' }, as('one'))
    work.resolve('said')

    expect(await Promise.all([first, again])).toEqual(['said', 'said'])
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('does not wait for ever: then it is told that the first still runs', async () => {
    const { t, meteredProcedure } = await openMetering({ repeatWaitMs: 20 })
    const started = Promise.withResolvers<void>()
    const work = Promise.withResolvers<string>()
    const router = t.router({
      say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(() => {
        started.resolve()
        return work.promise
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    const first = client.say.mutate({ text: 'hi' }, as('one'))
    await started.promise
    const failure = await failureOf(client.say.mutate({ text: 'hi' }, as('one')))
    expect(failure.data).toMatchObject({ code: 'CONFLICT', denial: { reason: 'operation_in_progress' } })
    work.resolve('said')
    expect(await first).toBe('said')
  })

  it('runs again when the first has failed: it cost nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    let runs = 0
    const router = t.router({
      say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(() => {
        if (runs++ === 0) throw new Error('out')
        return 'said'
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    await failureOf(client.say.mutate({ text: 'hi' }, as('one')))
    expect(await client.say.mutate({ text: 'hi' }, as('one'))).toBe('said')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('is told by name that the answer was too large to keep, and runs and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering({ answerLimitBytes: 100 })
    const ran = vi.fn(() => 'x'.repeat(100))
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })
    expect(await client.say.mutate({ text: 'hi' }, as('one'))).toHaveLength(100)
    const failure = await failureOf(client.say.mutate({ text: 'hi' }, as('one')))
    expect(failure.data).toMatchObject({ code: 'CONFLICT', denial: { reason: 'answer_too_large' } })
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })

  it('has its own id in a batch: two calls of one request do not share one', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(({ input }) => input.text),
    })
    const client = clientOf<typeof router>(await serve(router), { kind })
    const batch = () =>
      Promise.all([client.say.mutate({ text: 'a' }, as('A')), client.say.mutate({ text: 'b' }), client.say.mutate({ text: 'c' }, as('C'))])
    expect(await batch()).toEqual(['a', 'b', 'c'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 3 })
    // Only the call without an id is a new one.
    expect(await batch()).toEqual(['a', 'b', 'c'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4 })
  })

  it('takes effect once though both come in one batch', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(() => 'said')
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })
    const twice = [client.say.mutate({ text: 'a' }, as('A')), client.say.mutate({ text: 'a' }, as('A'))]
    expect(await Promise.all(twice)).toEqual(['said', 'said'])
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })
})

describe('a repeat', () => {
  it('asks for the same with the keys in another order, and with what JSON cannot carry', () => {
    const print = (input: unknown) => repeatableOperation('1', { customerId: 'a', entityId: null }, 'p', input).fingerprint
    expect(print({ a: 1, b: [1, { c: 2, d: undefined }] })).toBe(print({ b: [1, { c: 2 }], a: 1 }))
    expect(print({ at: new Date(0) })).not.toBe(print({ at: new Date(1) }))
    expect(print(new Map([['a', 1]]))).not.toBe(print(new Map([['a', 2]])))
    expect(print(new Set([1]))).not.toBe(print(new Set([2])))
    expect(print(1n)).not.toBe(print(1))
    expect(print(undefined)).toBe(print(undefined))
    expect(print(new URL('https://a.example'))).not.toBe(print(new URL('https://b.example')))
    expect(print(/a/)).not.toBe(print(/b/))
    expect(print(Number.NaN)).not.toBe(print(null))
    expect(print(Number.POSITIVE_INFINITY)).not.toBe(print(Number.NEGATIVE_INFINITY))
    expect(print('1')).not.toBe(print(1))
    expect(print(new Date(0))).not.toBe(print(`Date(0)`))
    expect(print(new File(['x'], 'f.txt'))).not.toBe(print(new File(['x'], 'g.txt')))
    const form = (name: string, file: File) => {
      const data = new FormData()
      data.set('name', name)
      data.set('file', file)
      return data
    }
    expect(print(form('a', new File(['x'], 'f.txt')))).toBe(print(form('a', new File(['x'], 'f.txt'))))
    expect(print(form('a', new File(['x'], 'f.txt')))).not.toBe(print(form('b', new File(['x'], 'f.txt'))))
    expect(print(form('a', new File(['x'], 'f.txt')))).not.toBe(print(form('a', new File(['xy'], 'f.txt'))))
  })

  it('gets back what a transformer carries, undefined too', async () => {
    const { metering } = await openMetering()
    const dates = {
      serialize: (data: unknown): unknown => (data instanceof Date ? { $date: data.getTime() } : data),
      deserialize: (data: unknown): unknown =>
        typeof data === 'object' && data !== null && '$date' in data ? new Date(Number(data.$date)) : data,
    }
    const other = initTRPC.context<Context>().create({ transformer: dates })
    const procedure = other.procedure.use(metering.metered('messages', { units: 1 }))
    const router = other.router({ date: procedure.mutation(() => new Date(0)), nothing: procedure.mutation(() => undefined) })
    const url = await serve(router)
    const headers = { 'x-tollgate-operation': 'one' }
    const client = createTRPCClient<typeof router>({ links: [httpBatchLink({ url, headers, transformer: dates })] })
    expect(await client.date.mutate()).toEqual(new Date(0))
    expect(await client.date.mutate()).toEqual(new Date(0))
    expect(await client.nothing.mutate()).toBeUndefined()
    expect(await client.nothing.mutate()).toBeUndefined()
  })

  it('of a stream is told by name that streams are not kept, and costs nothing', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      write: meteredProcedure('messages', { units: 2 }).mutation(async function* () {
        yield 'word'
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    for await (const _ of await client.write.mutate(undefined, as('one')));
    const failure = await failureOf(client.write.mutate(undefined, as('one')))
    expect(failure.data).toMatchObject({ code: 'CONFLICT', denial: { reason: 'answer_streamed' } })
    expect(await balance(engine, 'messages')).toMatchObject({ used: 2, held: 0 })
  })

  it('that runs in this process is waited for without asking the backend', async () => {
    const { engine, t } = await openMetering()
    const reserve = vi.fn(embedded(engine).reserve)
    const metering = meteringOn({ backend: { ...embedded(engine), reserve } })
    const work = Promise.withResolvers<string>()
    const router = t.router({ say: t.procedure.use(metering.metered('messages', { units: 1 })).mutation(() => work.promise) })
    const caller = router.createCaller(withOperation(acme, 'one'))
    const calls = [caller.say(), caller.say(), caller.say()]
    await vi.waitFor(async () => expect(await balance(engine, 'messages')).toMatchObject({ held: 1 }))
    expect(reserve).toHaveBeenCalledOnce()
    work.resolve('said')
    expect(await Promise.all(calls)).toEqual(['said', 'said', 'said'])
  })

  it('that runs in another process is asked for again until it is done', async () => {
    const { engine, t } = await openMetering()
    const backend = embedded(engine)
    const asked: string[] = []
    const metering = meteringOn({
      backend: {
        ...backend,
        async reserve(request) {
          const answer = await backend.reserve(request)
          asked.push(answer.kind)
          // It is done elsewhere once it was found running here.
          if (answer.kind === 'running') await commitElsewhere()
          return answer
        },
      },
    })
    const say = t.procedure.input(Prompt).use(metering.metered('messages', { units: 1 }))
    const router = t.router({ say: say.mutation(() => 'said') })
    // Another process has begun the same call: it holds units under the operation, and nobody here knows of it.
    const caller = { customerId: 'acme', entityId: null }
    const items = [{ featureId: 'messages', units: 1 }]
    const operation = repeatableOperation('one', caller, 'say', { text: 'hi' })
    const elsewhere = await backend.reserve({ caller, items, operation, ttlMs: 60_000, procedure: 'say' })
    if (elsewhere.kind !== 'held') throw new Error('the other process was refused')
    const answer = JSON.stringify({ kind: 'value', json: 'said elsewhere' })
    const commitElsewhere = () => backend.commit(elsewhere.hold, { units: items, overage: 'refuse', answer })

    expect(await router.createCaller(withOperation(acme, 'one')).say({ text: 'hi' })).toBe('said elsewhere')
    expect(asked).toEqual(['running', 'repeated'])
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('that runs in another process for too long is told so', async () => {
    const { engine, t, meteredProcedure } = await openMetering({ repeatWaitMs: 20 })
    const router = t.router({ say: meteredProcedure('messages', { units: 1 }).mutation(() => 'said') })
    const caller = { customerId: 'acme', entityId: null }
    const operation = repeatableOperation('one', caller, 'say', undefined)
    await embedded(engine).reserve({ caller, items: [{ featureId: 'messages', units: 1 }], operation, ttlMs: 60_000, procedure: 'say' })
    const failure = await failureOf(router.createCaller(withOperation(acme, 'one')).say())
    expect(denialOf(failure)).toMatchObject({ reason: 'operation_in_progress' })
  })
})
