import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { embedded } from './backends/embedded.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { createMetering } from './createMetering.ts'
import { denialOf } from './denialError.ts'
import { denialFormatter } from './denialShape.ts'
import { mountTrpc } from './hono.ts'
import { withOperation } from './request.ts'
import { listen, openEngineOf, START } from './served.fixture.ts'

const features = defineFeatures({ messages: metered(), seats: metered({ consumable: false }) })
const plans = definePlans(features, {
  team: { name: 'Team', autoEnable: true, items: { seats: included(2), messages: included(3).per('month').perEntity('seats') } },
})

interface Context {
  readonly user: { readonly orgId: string; readonly seat: string | null }
}

async function open() {
  const engine = openEngineOf(features, plans, { now: START })
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId, entityId: ctx.user.seat }),
    onOutage: 'deny',
  })
  const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
  const router = t.router({
    usage: metering.usageRouter(t.procedure),
    send: metering
      .procedures(t.procedure)
      .meteredProcedure('messages', { units: 1 })
      .mutation(({ ctx }) => `${ctx.user.seat}: sent`),
  })
  const seat = (id: string | null) => router.createCaller({ user: { orgId: 'acme', seat: id } })
  await engine.execute('acme', { kind: 'touch' }, { create: true })
  for (const entityId of ['ada', 'bob']) await engine.execute('acme', { kind: 'create_entity', entityId, name: null, featureId: 'seats' })
  const left = async (entityId: string | null) => {
    const { features: has } = await embedded(engine).access({ customerId: 'acme', entityId })
    return has['messages']?.type === 'metered' ? has['messages'].remaining : null
  }
  return { engine, metering, router, seat, left }
}

describe('a call of an entity', () => {
  it('spends what the entity has, and no other entity notices', async () => {
    const { seat, left } = await open()
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => seat('ada').send()))
    expect(calls.map((call) => call.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect([await left('ada'), await left('bob')]).toEqual([0, 3])
    expect(await seat('bob').send()).toBe('bob: sent')
  })

  it.each(linkKinds)('spends what the entity has over a socket, too: %s link', async (kind) => {
    const { router, left } = await open()
    const app = new Hono()
    mountTrpc(app, { router, createContext: ({ req }) => ({ user: { orgId: 'acme', seat: req.headers.get('x-org') } }) })
    const url = await listen(createServer(getRequestListener(app.fetch)))
    const seat = (org: string) => clientOf<typeof router>(url, { kind, org })
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => seat('ada').send.mutate()))
    expect(calls.filter((call) => call.status === 'fulfilled')).toHaveLength(3)
    expect([await left('ada'), await left('bob')]).toEqual([0, 3])
    expect((await failureOf(seat('eve').send.mutate())).data).toMatchObject({ code: 'NOT_FOUND', denial: { reason: 'entity_not_found' } })
  })

  it('is denied by name when the entity does not exist', async () => {
    const { seat } = await open()
    expect(denialOf(await failureOf(seat('eve').send()))).toMatchObject({
      reason: 'entity_not_found',
      featureId: 'messages',
      remaining: null,
    })
  })

  it('has operation ids of its own', async () => {
    const { router, left } = await open()
    const named = (id: string) => router.createCaller(withOperation({ user: { orgId: 'acme', seat: id } }, 'one'))
    expect(await named('ada').send()).toBe('ada: sent')
    expect(await named('bob').send()).toBe('bob: sent')
    expect(await named('bob').send()).toBe('bob: sent')
    expect([await left('ada'), await left('bob')]).toEqual([2, 2])
  })

  it('shows the entity in access, receipts and history; the customer sees them all', async () => {
    const { seat } = await open()
    await seat('ada').send()
    await seat('bob').send()
    expect(await seat('ada').usage.access()).toMatchObject({ entityId: 'ada', features: { messages: { remaining: 2, granted: 3 } } })
    expect((await seat('ada').usage.receipts()).items.map((receipt) => receipt.entityId)).toEqual(['ada'])
    expect((await seat(null).usage.receipts({ featureId: 'messages' })).items.map((receipt) => receipt.entityId)).toEqual(['bob', 'ada'])
    const query = { featureIds: ['messages'], from: 0, until: Date.UTC(2100, 0), bin: 'month' } as const
    expect((await seat('ada').usage.history(query)).map((point) => point.units)).toEqual([{ messages: 1 }])
    expect((await seat(null).usage.history(query)).map((point) => point.units)).toEqual([{ messages: 2 }])
    expect((await seat(null).usage.history({ ...query, entityId: 'bob' })).map((point) => point.units)).toEqual([{ messages: 1 }])
  })

  it('may be asked about by its customer only', async () => {
    const { seat } = await open()
    expect(await seat(null).usage.access({ entityId: 'ada' })).toMatchObject({ entityId: 'ada' })
    for (const ask of [() => seat('bob').usage.access({ entityId: 'ada' }), () => seat('bob').usage.receipts({ entityId: 'ada' })])
      expect(await failureOf(ask())).toMatchObject({ code: 'FORBIDDEN' })
    expect(await seat('bob').usage.access({ entityId: 'bob' })).toMatchObject({ entityId: 'bob' })
  })
})
