import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { ACCESS_HEADER } from '@tollgate/features'
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client'
import { lazy, TRPCError } from '@trpc/server'
import { type CreateExpressContextOptions, createExpressMiddleware } from '@trpc/server/adapters/express'
import { type FetchCreateContextFnOptions, fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { type CreateHTTPContextOptions, createHTTPHandler } from '@trpc/server/adapters/standalone'
import express from 'express'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { chunksOf, clientOf, failureOf, headerWatch, linkKinds } from './client.fixture.ts'
import { handlerOptions } from './handlerOptions.ts'
import { mountTrpc } from './hono.ts'
import { withRequest } from './request.ts'
import { meteringHeaders } from './responseMeta.ts'
import { balance, listen, openMetering, START, serve } from './served.fixture.ts'

const Count = z.object({ n: z.number() })

async function open(options: Parameters<typeof openMetering>[0] = {}) {
  const opened = await openMetering(options)
  const { t, meteredProcedure, gatedProcedure } = opened
  const router = t.router({
    send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent'),
    generate: meteredProcedure('image_gen', { input: Count, units: ({ input }) => input.n }).mutation(({ input }) => ({ images: input.n })),
    write: meteredProcedure('messages', { units: 2 }).mutation(async function* ({ ctx }) {
      ctx.usage.add(1)
      yield 'word'
      return 'end'
    }),
    fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
      throw new TRPCError({ code: 'BAD_GATEWAY', message: 'out' })
    }),
    saml: gatedProcedure('sso').query(() => 'saml'),
    free: t.procedure.query(() => 'free'),
  })
  return { ...opened, router }
}

describe('the access header', () => {
  it('tells the balances as the calls of the request left them', async () => {
    const { router } = await open()
    const seen = headerWatch()
    const client = clientOf<typeof router>(await serve(router), { fetch: seen.fetch })
    await Promise.all([client.send.mutate(), client.send.mutate(), client.generate.mutate({ n: 1 })])
    expect(seen.access()?.features).toMatchObject({
      messages: { remaining: 3, held: 0, used: 2 },
      credits: { remaining: 90, held: 0, used: 10 },
    })
  })

  it('comes with a denial and with a failure, too', async () => {
    const { router } = await open()
    const seen = headerWatch()
    const client = clientOf<typeof router>(await serve(router), { fetch: seen.fetch })
    await failureOf(client.generate.mutate({ n: 11 }))
    expect(seen.access()?.features).toMatchObject({ credits: { remaining: 100, held: 0 } })
    await failureOf(client.fail.mutate())
    expect(seen.access()?.features).toMatchObject({ messages: { remaining: 5, held: 0 } })
    await failureOf(client.saml.query())
    expect(seen.access()?.customerId).toBe('acme')
  })

  it('is not sent for calls that are not metered, nor by a response whose headers leave first', async () => {
    const { router } = await open()
    const seen = headerWatch()
    const url = await serve(router)
    await clientOf<typeof router>(url, { fetch: seen.fetch }).free.query()
    expect(seen.access()).toBeNull()
    await clientOf<typeof router>(url, { fetch: seen.fetch, kind: 'stream' }).send.mutate()
    expect(seen.access()).toBeNull()
  })

  it('carries any name, and is left out where it would be too large for a header', () => {
    const access = { customerId: 'Zoë ☂', entityId: null, version: 1, at: START, features: {}, plans: [] }
    const facts = (customerId: string) => ({
      ctx: withRequest(
        {},
        {
          calls: null,
          operationIds: [],
          wantsEnvelope: false,
          canStream: false,
          router: null,
          resHeaders: null,
          access: () => ({ ...access, customerId }),
        },
      ),
      errors: [],
      eagerGeneration: false,
    })
    expect(JSON.parse(new Map(meteringHeaders(facts('Zoë ☂'))).get(ACCESS_HEADER) ?? '')).toEqual(access)
    expect(new Map(meteringHeaders(facts('x'.repeat(9_000)))).has(ACCESS_HEADER)).toBe(false)
  })
})

describe.each(linkKinds)('the envelope, over the %s link', (kind) => {
  it('carries the balances with the answer, for clients that ask', async () => {
    const { router } = await open()
    const client = clientOf<typeof router>(await serve(router), { kind, envelope: true })
    expect(await client.generate.mutate({ n: 2 })).toMatchObject({
      $tollgate: 1,
      data: { images: 2 },
      access: { features: { credits: { remaining: 80, held: 0 } } },
    })
    expect(await client.free.query()).toBe('free')
  })

  it('comes with a repeat, too', async () => {
    const { router } = await open()
    const client = clientOf<typeof router>(await serve(router), { kind, envelope: true })
    const call = () => client.generate.mutate({ n: 2 }, { context: { operationId: 'one' } })
    await call()
    await client.send.mutate()
    expect(await call()).toMatchObject({ data: { images: 2 }, access: { features: { messages: { remaining: 4 } } } })
  })
})

it('a stream carries its envelope as the last chunk', async () => {
  const { router } = await open()
  const client = clientOf<typeof router>(await serve(router), { kind: 'stream', envelope: true })
  expect(await chunksOf(client.write.mutate())).toMatchObject([
    'word',
    { $tollgate: 1, access: { features: { messages: { used: 1, held: 0 } } } },
  ])
})

it('a procedure that a resolver calls answers it plainly, whatever the client asked for', async () => {
  const { t, meteredProcedure } = await openMetering()
  const inner = t.router({ tool: meteredProcedure('messages', { units: 1 }).mutation(() => 'plain') })
  const router = t.router({ agent: meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => inner.createCaller(ctx).tool()) })
  const client = clientOf<typeof router>(await serve(router), { envelope: true })
  expect(await client.agent.mutate(undefined, { context: { operationId: 'one' } })).toMatchObject({ $tollgate: 1, data: 'plain' })
})

describe('the headers of a response that one denial decides', () => {
  it('say when to try again, and what the balance is', async () => {
    const { router } = await open()
    const seen = headerWatch()
    const client = clientOf<typeof router>(await serve(router), { fetch: seen.fetch })
    await failureOf(client.generate.mutate({ n: 11 }))
    // From the 23rd of November to the 23rd of December.
    expect(seen.header('retry-after')).toBe(String(30 * 86_400))
    expect(seen.header('ratelimit')).toBe(`"credits";r=100;t=${30 * 86_400}`)
    expect(seen.header('ratelimit-policy')).toBe('"credits";q=100')
  })

  it('say nothing of the kind when other calls are in the response, or when waiting does not help', async () => {
    const { router } = await open()
    const seen = headerWatch()
    const client = clientOf<typeof router>(await serve(router), { fetch: seen.fetch })
    await Promise.allSettled([client.generate.mutate({ n: 11 }), client.send.mutate()])
    expect(seen.header('retry-after')).toBeNull()
    expect(seen.header('ratelimit')).toBeNull()
    await failureOf(client.saml.query())
    expect(seen.header('retry-after')).toBeNull()
  })

  it('keep what the application says itself', async () => {
    const { router } = await open()
    const app = new Hono()
    const createContext = () => ({ user: { orgId: 'acme' } })
    mountTrpc(app, { router, createContext, responseMeta: () => ({ status: 418, headers: new Headers({ 'x-own': 'yes' }) }) })
    const response = await app.request('/trpc/send', { method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(response.status).toBe(418)
    expect(response.headers.get('x-own')).toBe('yes')
    expect(response.headers.has(ACCESS_HEADER)).toBe(true)
  })
})

describe('everywhere tRPC runs', () => {
  const orgOf = (header: unknown) => ({ user: { orgId: typeof header === 'string' ? header : 'acme' } })

  /** What every mount must do: know the customer and the operation, tell the balances, stream, refuse streams where they cannot be. */
  const works = async (url: string) => {
    const { router } = await open()
    type Router = typeof router
    const seen = headerWatch()
    const client = clientOf<Router>(url, { org: 'zoe', fetch: seen.fetch })
    const as = { context: { operationId: 'one' } }
    expect(await client.generate.mutate({ n: 1 }, as)).toEqual({ images: 1 })
    expect(await client.generate.mutate({ n: 1 }, as)).toEqual({ images: 1 })
    expect(seen.access()).toMatchObject({ customerId: 'zoe', features: { credits: { used: 10, held: 0 } } })
    expect(await chunksOf(clientOf<Router>(url, { org: 'zoe', kind: 'stream' }).write.mutate())).toEqual(['word'])
    expect((await failureOf(client.write.mutate())).data?.code).toBe('UNSUPPORTED_MEDIA_TYPE')
    expect((await failureOf(client.generate.mutate({ n: 11 }))).data?.denial).toMatchObject({ reason: 'limit_reached' })
  }

  it('Hono', async () => {
    const { router, engine } = await open()
    await works(await serve(router))
    expect(await balance(engine, 'messages', 'zoe')).toMatchObject({ used: 1, held: 0 })
  })

  it('Express', async () => {
    const { router, engine } = await open()
    const createContext = ({ req }: CreateExpressContextOptions) => orgOf(req.headers['x-org'])
    const app = express().use('/trpc', createExpressMiddleware(handlerOptions({ router, createContext })))
    await works(await listen(createServer(app)))
    expect(await balance(engine, 'messages', 'zoe')).toMatchObject({ used: 1, held: 0 })
  })

  it("Node's own server", async () => {
    const { router, engine } = await open()
    const createContext = ({ req }: CreateHTTPContextOptions) => orgOf(req.headers['x-org'])
    const server = createServer(createHTTPHandler({ ...handlerOptions({ router, createContext }), basePath: '/trpc/' }))
    await works(await listen(server))
    expect(await balance(engine, 'messages', 'zoe')).toMatchObject({ used: 1, held: 0 })
  })

  it("a fetch handler, as Next's route handlers are", async () => {
    const { router, engine } = await open()
    const createContext = ({ req }: FetchCreateContextFnOptions) => orgOf(req.headers.get('x-org'))
    const POST = (req: Request) => fetchRequestHandler({ endpoint: '/trpc', req, ...handlerOptions({ router, createContext }) })
    const app = new Hono().all('/trpc/*', (c) => POST(c.req.raw))
    await works(await listen(createServer(getRequestListener(app.fetch))))
    expect(await balance(engine, 'messages', 'zoe')).toMatchObject({ used: 1, held: 0 })
  })

  it('createCaller', async () => {
    const { router, engine } = await open()
    const caller = router.createCaller({ user: { orgId: 'zoe' } })
    expect(await caller.generate({ n: 1 })).toEqual({ images: 1 })
    expect(await chunksOf(caller.write())).toEqual(['word'])
    expect(await balance(engine, 'messages', 'zoe')).toMatchObject({ used: 1, held: 0 })
  })

  it('a router that loads on its first call', async () => {
    const { t, metering, meteredProcedure } = await openMetering()
    const images = t.router({ generate: meteredProcedure('image_gen', { units: 1 }).mutation(() => 'image') })
    const router = t.router({ usage: metering.usageRouter(t.procedure), images: lazy(async () => images) })
    const client = clientOf<typeof router>(await serve(router))
    expect((await client.usage.manifest.query()).procedures).toEqual({
      'images.generate': { kind: 'metered', costs: [{ featureId: 'image_gen', units: 1 }] },
    })
  })
})

describe('a batch', () => {
  it.each(linkKinds)(
    'of metered calls takes one round trip to reserve and one to commit, and gets its decisions in order: %s link',
    async (kind) => {
      const batches: number[] = []
      const { engine, router } = await open({
        overStore: (store) => ({
          ...store,
          transact(works) {
            batches.push(works.length)
            return store.transact(works)
          },
        }),
      })
      const client = clientOf<typeof router>(await serve(router), { kind })
      const results = await Promise.allSettled(Array.from({ length: 7 }, () => client.send.mutate()))
      expect(results.map((result) => result.status)).toEqual([...Array(5).fill('fulfilled'), ...Array(2).fill('rejected')])
      expect(batches).toEqual([7, 5])
      expect(await balance(engine, 'messages')).toMatchObject({ used: 5, held: 0 })
    },
  )

  it.each([
    ['httpLink', httpLink],
    ['httpBatchLink', httpBatchLink],
    ['httpBatchStreamLink', httpBatchStreamLink],
  ] as const)('and every other way of sending, %s, sees the same answer', async (_name, link) => {
    const { router } = await open()
    const client = createTRPCClient<typeof router>({ links: [link({ url: await serve(router) })] })
    expect(await client.generate.mutate({ n: 1 })).toEqual({ images: 1 })
    expect((await failureOf(client.generate.mutate({ n: 11 }))).data?.denial).toMatchObject({ reason: 'limit_reached' })
  })
})
