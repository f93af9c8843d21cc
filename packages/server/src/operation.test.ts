import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { clientOf, failureOf } from './client.fixture.ts'
import { denialOf } from './denialError.ts'
import { repeatableOperation } from './operation.ts'
import { withOperation } from './request.ts'
import { balance, openMetering, serve } from './served.fixture.ts'

const Prompt = z.object({ text: z.string() })
const acme = { user: { orgId: 'acme' } }
const as = (operationId: string) => ({ context: { operationId } })

describe('the attack: one operation id for every call', () => {
  it('gets no work for free: with other input it is refused, with the same it gets the same answer', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(({ input }: { input: { text: string } }) => `work for ${input.text}`)
    const router = t.router({ say: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const client = clientOf<typeof router>(await serve(router))
    const attack = Array.from({ length: 30 }, (_, call) => client.say.mutate({ text: `${call % 10}` }, as('free')))

    const results = await Promise.allSettled(attack)

    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
    expect(new Set(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))).toEqual(new Set(['work for 0']))
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3)
  })

  it('reaches no other procedure: each does and charges its own work', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({
      cheap: meteredProcedure('messages', { units: 1 }).mutation(() => 'cheap'),
      dear: meteredProcedure('messages', { units: 3 }).mutation(() => 'dear'),
    })
    const client = clientOf<typeof router>(await serve(router))
    expect(await client.cheap.mutate(undefined, as('free'))).toBe('cheap')
    expect(await client.dear.mutate(undefined, as('free'))).toBe('dear')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 4 })
  })

  it("reaches no other customer: nobody sees another's answer, nor pays for it", async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const router = t.router({ secret: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => `the secret of ${ctx.user.orgId}`) })
    const url = await serve(router)
    expect(await clientOf<typeof router>(url, { org: 'victim' }).secret.mutate(undefined, as('known'))).toBe('the secret of victim')
    expect(await clientOf<typeof router>(url, { org: 'thief' }).secret.mutate(undefined, as('known'))).toBe('the secret of thief')
    expect(await balance(engine, 'messages', 'thief')).toMatchObject({ used: 1 })
  })

  it('cannot be told from outside: an id is scoped by customer, entity and procedure', () => {
    const caller = { customerId: 'a', entityId: null }
    const ids = [
      repeatableOperation('1', caller, 'p', null),
      repeatableOperation('1', { ...caller, customerId: 'b' }, 'p', null),
      repeatableOperation('1', { ...caller, entityId: 'e' }, 'p', null),
      repeatableOperation('1', caller, 'q', null),
      repeatableOperation('2', caller, 'p', null),
      // What is joined differently is not the same.
      repeatableOperation('1', { customerId: 'a","p', entityId: null }, '', null),
    ].map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('an operation id', () => {
  it('is the same on the wire and in a server-side call, whatever it holds', async () => {
    const { t, meteredProcedure } = await openMetering()
    const ran = vi.fn(() => 'done')
    const router = t.router({ job: meteredProcedure('messages', { units: 1 }).mutation(ran) })
    const id = 'order 1, für Zoë'
    await router.createCaller(withOperation(acme, id)).job()
    const call = (header: string) =>
      createTRPCClient<typeof router>({ links: [httpBatchLink({ url, headers: { 'x-tollgate-operation': header } })] }).job.mutate()
    const url = await serve(router)
    await call(encodeURIComponent(id))
    expect(ran).toHaveBeenCalledOnce()
    // One that is not encoded is taken as it is.
    await call('50%')
    await call('50%')
    expect(ran).toHaveBeenCalledTimes(2)
  })
})

describe('a server-side call', () => {
  it('may be named too, and then takes effect once', async () => {
    const { engine, t, meteredProcedure } = await openMetering()
    const ran = vi.fn(() => 'done')
    const router = t.router({ job: meteredProcedure('messages', { input: Prompt, units: 1 }).mutation(ran) })
    const deliver = (text: string) => router.createCaller(withOperation(acme, 'job-1')).job({ text })
    expect(await deliver('a')).toBe('done')
    expect(await deliver('a')).toBe('done')
    expect(denialOf(await failureOf(deliver('b')))).toMatchObject({ reason: 'operation_conflict' })
    expect(ran).toHaveBeenCalledOnce()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1 })
  })
})
