import { readFileSync } from 'node:fs'
import { denialReasons } from '@tollgate/features'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { unreadDenial } from './backends/unreadDenial.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { DenialError, denialCodes, denialError, denialOf } from './denialError.ts'
import { denialFormatter } from './denialShape.ts'
import { type Context, features, openMetering, serve } from './served.fixture.ts'

const acme = { user: { orgId: 'acme' } }

describe.each(linkKinds)('a gated procedure, over the %s link', (kind) => {
  it('runs for those who have the feature, and is denied to the others with the plans that unlock it', async () => {
    const { engine, t, gatedProcedure } = await openMetering()
    const ran = vi.fn(() => 'saml')
    const router = t.router({ saml: gatedProcedure('sso').query(ran) })
    const client = clientOf<typeof router>(await serve(router), { kind })

    const failure = await failureOf(client.saml.query())
    expect(failure.data).toMatchObject({
      code: 'FORBIDDEN',
      denial: {
        reason: 'feature_not_in_plan',
        featureId: 'sso',
        poolId: null,
        unlockedBy: [{ planId: 'pro', name: 'Pro' }],
        message: 'Sso is not in your plan: Pro has it.',
      },
    })
    expect(ran).not.toHaveBeenCalled()

    await engine.execute('acme', { kind: 'attach', planId: 'pro', entityId: null, quantities: [], trial: 'none' })
    expect(await client.saml.query()).toBe('saml')
  })
})

describe('the denial of a procedure', () => {
  it('reaches clients of a router that has no formatter of its own', async () => {
    const { metering } = await openMetering()
    const plain = initTRPC.context<Context>().create()
    const { meteredProcedure, gatedProcedure } = metering.procedures(plain.procedure)
    const router = plain.router({
      send: meteredProcedure('messages', { units: 6 }).mutation(() => 'sent'),
      saml: gatedProcedure('sso').query(() => 'saml'),
      write: meteredProcedure('messages', { units: 5 }).mutation(async function* ({ ctx }) {
        for (;;) {
          ctx.usage.add(5)
          yield 'word'
        }
      }),
      agent: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }): Promise<string> => router.createCaller(ctx).send()),
      count: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => ctx.usage.add(9)),
    })
    const url = await serve(router)
    const client = clientOf<typeof router>(url)
    expect((await failureOf(client.send.mutate())).data?.denial).toMatchObject({ reason: 'limit_reached', featureId: 'messages' })
    expect((await failureOf(client.saml.query())).data?.denial).toMatchObject({ reason: 'feature_not_in_plan', featureId: 'sso' })
    expect((await failureOf(client.agent.mutate())).data?.denial).toMatchObject({ reason: 'limit_reached' })
    expect((await failureOf(client.count.mutate())).data?.denial).toMatchObject({ reason: 'limit_reached' })
    const stream = clientOf<typeof router>(url, { kind: 'stream' }).write.mutate()
    const read = async () => {
      for await (const _ of await stream);
    }
    expect((await failureOf(read())).data?.denial).toMatchObject({ reason: 'limit_reached' })
  })

  it('keeps what the root formatter adds to every error', async () => {
    const { metering } = await openMetering()
    const t = initTRPC.context<Context>().create({
      errorFormatter: ({ shape, error }) => denialFormatter({ error, shape: { ...shape, data: { ...shape.data, requestId: 'r-1' } } }),
    })
    const router = t.router({
      send: metering
        .procedures(t.procedure)
        .meteredProcedure('messages', { units: 6 })
        .mutation(() => 'sent'),
      used: t.procedure.use(metering.metered('messages', { units: 6 })).mutation(() => 'sent'),
      fail: t.procedure.mutation(() => {
        throw new Error('broken')
      }),
    })
    const client = clientOf<typeof router>(await serve(router))
    expect((await failureOf(client.send.mutate())).data).toMatchObject({ requestId: 'r-1', denial: { reason: 'limit_reached' } })
    expect((await failureOf(client.used.mutate())).data).toMatchObject({ requestId: 'r-1', denial: { reason: 'limit_reached' } })
    expect((await failureOf(client.fail.mutate())).data).toMatchObject({ requestId: 'r-1', denial: null })
  })

  it('is left alone by a formatter that the application chains itself', async () => {
    const { metering } = await openMetering()
    const t = initTRPC.context<Context>().create()
    const base = t.procedure.errors(({ shape, error }) =>
      error.code === 'CONFLICT' ? { ...shape, data: { ...shape.data, teapot: true as const } } : undefined,
    )
    const router = t.router({
      send: metering
        .procedures(base)
        .meteredProcedure('messages', { units: 1 })
        .mutation(({ ctx }) => {
          if (ctx.user.orgId === 'tea') throw new TRPCError({ code: 'CONFLICT', message: 'short and stout' })
          throw new Error('broken')
        }),
    })
    const client = createTRPCClient<typeof router>({ links: [httpBatchLink({ url: await serve(router) })] })
    const failure = await failureOf(client.send.mutate())
    expect(failure.message).toBe('broken')
    expect(failure.data).not.toHaveProperty('denial')
  })
})

describe('the table from reasons to codes', () => {
  it('has a code for every reason', () => {
    expect(Object.keys(denialCodes).sort()).toEqual([...denialReasons].sort())
    expect(denialCodes).toMatchObject({ feature_not_in_plan: 'FORBIDDEN', limit_reached: 'FORBIDDEN', outage: 'SERVICE_UNAVAILABLE' })
  })

  it('is what the README tells', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| (`[a-z_`, ]+) \| `([A-Z_]+)` \|/gm)]
    const told = rows.flatMap(([, reasons = '', code]) => [...reasons.matchAll(/[a-z_]+/g)].map(([reason]) => [reason, code]))
    expect(Object.fromEntries(told)).toEqual(denialCodes)
  })

  it('can be changed reason by reason', async () => {
    const { t, meteredProcedure, gatedProcedure } = await openMetering({ codes: { limit_reached: 'PAYMENT_REQUIRED' } })
    const router = t.router({
      send: meteredProcedure('messages', { units: 6 }).mutation(() => 'sent'),
      saml: gatedProcedure('sso').query(() => 'saml'),
    })
    const client = clientOf<typeof router>(await serve(router))
    expect((await failureOf(client.send.mutate())).data).toMatchObject({ code: 'PAYMENT_REQUIRED', httpStatus: 402 })
    expect((await failureOf(client.saml.query())).data).toMatchObject({ code: 'FORBIDDEN', httpStatus: 403 })
  })
})

describe('denialOf', () => {
  const error = denialError(unreadDenial('outage', [{ featureId: 'messages', units: 2 }]), features, {})

  it('finds the denial of an error and of what wraps it', () => {
    expect(denialOf(error)).toMatchObject({ reason: 'outage', featureId: 'messages', required: 2, remaining: null })
    expect(denialOf(error.cause)).toBe(denialOf(error))
    expect(error.message).toBe('Whether Messages may be used cannot be checked right now: try again in a moment.')
  })

  it('knows a denial of another copy of this package, and nothing else', async () => {
    const MARK = Symbol.for('tollgate.denial')
    class OtherCopy extends Error {
      readonly denial = { reason: 'outage' }
      readonly [MARK] = true
    }
    expect(denialOf(new OtherCopy())).toEqual({ reason: 'outage' })
    expect(denialOf(new Error('broken'))).toBeNull()
    expect(denialOf(new TRPCError({ code: 'FORBIDDEN' }))).toBeNull()
    expect(denialOf({ denial: {} })).toBeNull()
    expect(denialOf(null)).toBeNull()
    expect(new DenialError({ ...unreadDenial('outage', []), message: 'm' } as never).message).toBe('m')
  })

  it('finds it in what a server-side caller catches', async () => {
    const { t, meteredProcedure } = await openMetering()
    const router = t.router({ send: meteredProcedure('messages', { units: 6 }).mutation(() => 'sent') })
    expect(denialOf(await failureOf(router.createCaller(acme).send()))).toMatchObject({
      reason: 'limit_reached',
      required: 6,
      remaining: 5,
    })
  })
})
