import { lazy } from '@trpc/server'
import { expect, it } from 'vitest'
import { free } from './free.ts'
import { inFlight } from './inFlight.ts'
import { inspectRouter } from './inspectRouter.ts'
import { openMetering } from './served.fixture.ts'

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
