import { initTRPC } from '@trpc/server'
import { autumnHandler } from 'autumn-js/backend'
import { afterEach, describe, expect, it } from 'vitest'
import { createMetering } from '../../createMetering.ts'
import { denialFormatter } from '../../denialShape.ts'
import { proceduresOf } from '../../procedures.ts'
import { type Context, serve } from '../../served.fixture.ts'
import { startFaultProxy } from '../../testing/faultProxy.ts'
import { features } from '../backend.contract.ts'
import { SECRET, START, startAutumn } from './autumn.fixture.ts'

/** What a browser might slip into a body: a cheaper plan, a longer trial, another customer. */
const smuggled = {
  customerId: 'smuggled',
  customer_id: 'smuggled',
  customerData: { name: 'smuggled' },
  planId: 'smuggled',
  plan_id: 'smuggled',
  price: { amount: 0, interval: 'smuggled' },
  customize: { price: { amount: 0, interval: 'year' }, items: [{ featureId: 'messages', included: 987_654 }] },
  items: [{ featureId: 'smuggled', included: 987_654 }],
  freeTrial: { durationLength: 987_654, durationType: 'day' },
  free_trial: { duration_length: 987_654 },
  customLineItems: [{ amount: -100, description: 'smuggled' }],
  noBillingChanges: true,
  autoEnablePlanId: 'smuggled',
  billingControls: { overageAllowed: [{ featureId: 'smuggled', enabled: true }] },
  ['__proto__']: { customerId: 'smuggled' },
}

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

describe("autumn-js's own handler", () => {
  it('forwards prices and trials from the browser, with the secret key', async () => {
    const bodies: unknown[] = []
    const recording = await startFaultProxy(async (request) => {
      bodies.push(await request.json())
      return Response.json({ customer_id: 'acme', payment_url: null })
    })
    closing.push(() => recording.close())
    await autumnHandler({
      request: { url: 'https://app.test/api/autumn/attach', method: 'POST', body: { ...smuggled, planId: 'pro' } },
      customerId: 'acme',
      clientOptions: { secretKey: SECRET, baseURL: recording.url },
    })
    expect(bodies).toMatchObject([
      {
        customer_id: 'acme',
        plan_id: 'pro',
        customize: { price: { amount: 0 }, items: [{ feature_id: 'messages', included: 987_654 }] },
        free_trial: { duration_length: 987_654 },
        custom_line_items: [{ amount: -100 }],
        no_billing_changes: true,
      },
    ])
  })
})

describe('the usage router', () => {
  async function open() {
    const test = await startAutumn({ settle: 'await' })
    closing.push(() => test.close())
    const metering = createMetering({
      features,
      backend: test.backend,
      identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
      onOutage: 'deny',
    })
    const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
    const { meteredProcedure } = metering.procedures(t.procedure)
    const router = t.router({
      usage: metering.usageRouter(t.procedure),
      send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent'),
    })
    return { ...test, router, url: await serve(router) }
  }

  it('has nothing that changes anything', async () => {
    const { router } = await open()
    const procedures = [...(await proceduresOf(router))]
    const offered = procedures.flatMap(([path, procedure]) => (path.startsWith('usage.') ? [[path, procedure._def.type]] : []))
    expect(Object.fromEntries(offered)).toEqual({
      'usage.access': 'query',
      'usage.changes': 'subscription',
      'usage.manifest': 'query',
      'usage.quote': 'query',
      'usage.history': 'query',
      'usage.receipts': 'query',
      'usage.plans': 'query',
    })
  })

  it.each([
    ['access', smuggled, 400],
    ['quote', { ...smuggled, path: 'send' }, 400],
    // The input of the quoted call is that call's own.
    ['quote', { path: 'send', input: smuggled }, 200],
    ['history', { ...smuggled, featureIds: ['messages'], from: START - 1, until: START, bin: 'day' }, 400],
    ['receipts', smuggled, 400],
    // They take no input.
    ['manifest', smuggled, 200],
    ['plans', smuggled, 200],
  ])('%s passes nothing on that a browser sends beside its input', async (name, input, status) => {
    const { url, requests } = await open()
    const response = await fetch(`${url}/usage.${name}?input=${encodeURIComponent(JSON.stringify(input))}`)
    expect(response.status).toBe(status)
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${url}/send`, { method: 'POST', headers, body: JSON.stringify(smuggled) })).status).toBe(200)
    expect(requests.length).toBeGreaterThan(0)
    const told = JSON.stringify(requests.map(({ path, body }) => [path, body]))
    expect(told).not.toMatch(/smuggled|987654|customize|trial|line_items|billing/)
    for (const { body } of requests) expect([undefined, 'acme']).toContain(body['customer_id'])
  })
})
