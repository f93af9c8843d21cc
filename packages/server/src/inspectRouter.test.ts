import { initTRPC, lazy } from '@trpc/server'
import { expect, expectTypeOf, it } from 'vitest'
import { free } from './free.ts'
import { inFlight } from './inFlight.ts'
import { inspectRouter } from './inspectRouter.ts'
import { type Context, openMetering } from './served.fixture.ts'

it('lists every procedure with how it is metered and gated, those that load on their first call included', async () => {
  const { t, metering, meteredProcedure, gatedProcedure } = await openMetering()
  const images = t.router({ generate: meteredProcedure('image_gen', { units: () => 1 }).mutation(() => 'image') })
  const router = t.router({
    usage: metering.usageRouter(t.procedure),
    images: lazy(async () => images),
    paint: meteredProcedure('image_gen', { units: 1, inFlight: inFlight('messages', 2) }).mutation(() => 'painted'),
    send: meteredProcedure({ messages: 1, image_gen: 2 }).query(() => 'sent'),
    saml: gatedProcedure('sso')
      .use(metering.metered('messages', { units: 3 }))
      .query(() => 'saml'),
    health: free(t.procedure.query(() => 'ok')),
    forgotten: t.procedure.mutation(() => 'oh'),
  })
  const plain = { costs: [], inFlight: [], gates: [], free: false }
  const own = { ...plain, type: 'query', free: true }
  expect(await inspectRouter(router)).toEqual([
    { path: 'forgotten', type: 'mutation', ...plain },
    { path: 'health', ...own },
    { path: 'images.generate', type: 'mutation', ...plain, costs: [{ featureId: 'image_gen', units: 'input' }] },
    { path: 'paint', type: 'mutation', ...plain, costs: [{ featureId: 'image_gen', units: 1 }], inFlight: ['messages'] },
    { path: 'saml', type: 'query', ...plain, costs: [{ featureId: 'messages', units: 3 }], gates: ['sso'] },
    {
      path: 'send',
      type: 'query',
      ...plain,
      costs: [
        { featureId: 'messages', units: 1 },
        { featureId: 'image_gen', units: 2 },
      ],
    },
    { path: 'usage.access', ...own },
    { path: 'usage.changes', ...own, type: 'subscription' },
    { path: 'usage.history', ...own },
    { path: 'usage.manifest', ...own },
    { path: 'usage.plans', ...own },
    { path: 'usage.quote', ...own },
    { path: 'usage.receipts', ...own },
  ])
})

it('leaves a procedure that is marked free as it was', async () => {
  const { t } = await openMetering()
  const health = t.procedure.query(() => 'ok')
  expect(free(health)).toBe(health)
  expect(
    await t
      .router({ health })
      .createCaller({ user: { orgId: 'acme' } })
      .health(),
  ).toBe('ok')
})

it('knows a procedure of a free base, with metadata of its own too, and what is metered all the same', async () => {
  const { metering } = await openMetering()
  const t = initTRPC.context<Context>().meta<{ readonly title: string }>().create()
  const base = free(t.procedure.meta({ title: 'base' }))
  expectTypeOf(base).toEqualTypeOf(t.procedure)
  const router = t.router({
    list: base.meta({ title: 'list' }).query(() => 'list'),
    send: metering
      .procedures(base)
      .meteredProcedure('messages', { units: 1 })
      .mutation(() => 'sent'),
    other: t.procedure.query(() => 'other'),
  })
  const told = await inspectRouter(router)
  expect(told.map(({ path, free: isMarked, costs }) => [path, isMarked, costs.length])).toEqual([
    ['list', true, 0],
    ['other', false, 0],
    ['send', true, 1],
  ])
  expect(router.list._def.meta).toMatchObject({ title: 'list' })
})
