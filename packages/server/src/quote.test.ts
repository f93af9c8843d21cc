import { TRPCError } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { clientOf, failureOf } from './client.fixture.ts'
import { openMetering, serve } from './served.fixture.ts'
import { openUsageApp } from './usageApp.fixture.ts'

describe('a quote', () => {
  it('says cost, pool, whether it is allowed and the balance after, without running or holding anything', async () => {
    const { engine, ran, client } = await openUsageApp()
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
    const { client } = await openUsageApp()
    const quote = await client.usage.quote.query({ path: 'images.generate', input: { n: 11 } })
    expect(quote).toMatchObject({ allowed: false, costs: [{ required: 110, balance: 100, balanceAfter: 100 }] })
    const failure = await failureOf(client.images.generate.mutate({ n: 11 }))
    expect(quote.denial).toEqual(failure.data?.denial)
  })

  it('prices several features together', async () => {
    const { client } = await openUsageApp()
    expect(await client.usage.quote.query({ path: 'images.both', input: { n: 2 } })).toMatchObject({
      allowed: true,
      costs: [
        { featureId: 'messages', units: 1, poolId: 'messages', balanceAfter: 4 },
        { featureId: 'image_gen', units: 2, poolId: 'credits', balanceAfter: 80 },
      ],
    })
  })

  it("validates the input by the procedure's own schema", async () => {
    const { client } = await openUsageApp()
    expect((await failureOf(client.usage.quote.query({ path: 'images.generate', input: { n: 'four' } }))).data?.code).toBe('BAD_REQUEST')
  })

  it('of a gated procedure says whether the gate is open, and runs nothing', async () => {
    const { ran, client } = await openUsageApp()
    expect(await client.usage.quote.query({ path: 'saml' })).toMatchObject({
      allowed: false,
      costs: [],
      denial: { reason: 'feature_not_in_plan', featureId: 'sso', unlockedBy: [{ planId: 'pro' }] },
    })
    expect(ran).not.toHaveBeenCalled()
  })

  it('of a procedure that costs nothing, or that is not there, is not found, and runs nothing', async () => {
    const { client } = await openUsageApp()
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
