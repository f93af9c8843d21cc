import { getUntypedClient } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { openMetering, plans, START } from './served.fixture.ts'
import { openUsageApp } from './usageApp.fixture.ts'

describe('access', () => {
  it('tells what the customer has; one that is new has the plan that enables itself', async () => {
    const { client } = await openUsageApp()
    const access = await client.usage.access.query()
    expect(access).toMatchObject({ customerId: 'acme', entityId: null, at: START, plans: [{ planId: 'free', status: 'active' }] })
    expect(access.features.messages).toMatchObject({ granted: 5, remaining: 5, used: 0, held: 0 })
    expect(access.features.credits).toMatchObject({ granted: 100, remaining: 100 })
    expect(access.features.sso).toBeUndefined()
  })

  it('is of the customer that the context names: an input that names one is a bad request, which says so', async () => {
    const { client } = await openUsageApp()
    const failure = await failureOf(client.usage.access.query({ customerId: 'other' } as object))
    expect(failure.data?.code).toBe('BAD_REQUEST')
    expect(failure.message).toContain('Unrecognized key: \\"customerId\\"')
  })

  it('of an entity is given to its customer; a session of an entity sees its own only', async () => {
    const { engine, client } = await openUsageApp()
    await client.usage.access.query()
    await engine.execute('acme', { kind: 'create_entity', entityId: 'seat-1', name: null, featureId: 'seats' })
    expect(await client.usage.access.query({ entityId: 'seat-1' })).toMatchObject({ customerId: 'acme', entityId: 'seat-1' })

    const seat = await openMetering({ identify: ({ ctx }) => ({ customerId: ctx.user.orgId, entityId: 'seat-1' }) })
    const router = seat.t.router({ usage: seat.metering.usageRouter(seat.t.procedure) })
    const caller = router.createCaller({ user: { orgId: 'acme' } })
    expect(await failureOf(caller.usage.access({ entityId: 'seat-2' }))).toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('the manifest', () => {
  it('tells which procedures are metered or gated, by path', async () => {
    const { client } = await openUsageApp()
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
    const { router } = await openUsageApp()
    const error = await failureOf(router.createCaller({ user: { orgId: 'acme' } }).usage.manifest())
    expect(error.message).toContain('serve the router with handlerOptions() or mountTrpc()')
  })
})

describe('plans', () => {
  it('are told as they were declared', async () => {
    const { client } = await openUsageApp()
    expect(await client.usage.plans.query()).toEqual(JSON.parse(JSON.stringify(Object.values(plans))))
  })
})

describe('an input with a key that is not known', () => {
  const span = { featureIds: ['messages'], from: 1, until: 2, bin: 'day' }

  it.each([
    ['access', { entity: 'seat-1' }, 'entity'],
    ['quote', { path: 'send', customerId: 'other' }, 'customerId'],
    ['history', { ...span, customerId: 'other' }, 'customerId'],
    ['receipts', { feature: 'messages' }, 'feature'],
  ])('is a bad request that names it: %s', async (procedure, input, key) => {
    const { url } = await openUsageApp()
    const client = getUntypedClient(clientOf(url))
    const failure = await failureOf(client.query(`usage.${procedure}`, input))
    expect(failure.data?.code).toBe('BAD_REQUEST')
    expect(failure.message).toContain(`Unrecognized key: \\"${key}\\"`)
  })
})

describe.each(linkKinds)('over the %s link', (kind) => {
  it('queries are answered', async () => {
    const { url, router } = await openUsageApp()
    const client = clientOf<typeof router>(url, { kind })
    expect((await client.usage.access.query()).customerId).toBe('acme')
  })
})
