import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { amountOf, openEngine } from '@tollgate/engine'
import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'
import { createMetering, denialFormatter, embedded } from '@tollgate/server'
import { mountTrpc } from '@tollgate/server/hono'
import { initTRPC } from '@trpc/server'
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import { z } from 'zod'

export const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})

const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: { messages: included(20).per('month'), credits: included(100).per('month'), seats: included(2) },
  },
  pro: { name: 'Pro', items: { messages: unlimited(), credits: included(5_000).per('month'), sso: granted() } },
})

export const START = Date.UTC(2026, 10, 23, 12)
export const NEXT_MONTH = Date.UTC(2026, 11, 23, 12)

/** A request as it reached the server. */
export interface SeenRequest {
  readonly path: string
  readonly headers: Headers
}

/** A metered product over a real socket, with handles for a test. */
export type Studio = Awaited<ReturnType<typeof openStudio>>
export type StudioRouter = Studio['router']

export async function openStudio() {
  const clock = { now: START }
  const engine = await openEngine({ features, plans, url: 'memory:', clock: () => clock.now })
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: { orgId: string } }) => ({ customerId: ctx.orgId }),
    onOutage: 'deny',
  })
  const t = initTRPC.context<{ orgId: string }>().create({ errorFormatter: denialFormatter })
  const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)
  const session = { orgId: 'acme' }
  const brakes = createBrakes()
  const runs: string[] = []

  const router = t.router({
    images: t.router({
      generate: meteredProcedure('image_gen', { input: z.object({ n: z.number() }), units: ({ input }) => input.n }).mutation(
        async ({ input }) => {
          runs.push(`generate ${input.n}`)
          await brakes.wait()
          return { images: Array.from({ length: input.n }, (_each, index) => `image ${index + 1}`) }
        },
      ),
      one: meteredProcedure('image_gen', { units: 1 }).mutation(() => 'image'),
    }),
    messages: t.router({
      send: meteredProcedure('messages', { input: z.object({ text: z.string() }), units: 1 }).mutation(async ({ input }) => {
        runs.push(`send ${input.text}`)
        await brakes.wait()
        if (input.text === 'fail') throw new Error('the work failed')
        return `${input.text}!`
      }),
      count: meteredProcedure('messages', { input: z.object({ to: z.number() }), units: 5 }).mutation(async function* ({ ctx, input }) {
        for (let count = 1; count <= input.to; count += 1) {
          ctx.usage.add(1)
          yield count
        }
      }),
      both: meteredProcedure({ messages: 1, image_gen: 10 }, { input: z.object({}) }).mutation(() => 'both'),
    }),
    reports: t.router({ archive: gatedProcedure('sso').query(() => 'archive') }),
    plain: t.procedure.query(() => 'free of charge'),
    usage: metering.usageRouter(t.procedure),
  })

  const requests: SeenRequest[] = []
  const app = new Hono()
  let feeds = 0
  app.use('/trpc/usage.changes', async (c, next) => {
    feeds += 1
    c.req.raw.signal.addEventListener('abort', () => {
      feeds -= 1
    })
    await next()
  })
  app.use(async (c, next) => {
    requests.push({ path: decodeURIComponent(c.req.path.replace('/trpc/', '')), headers: c.req.raw.headers })
    await next()
  })
  mountTrpc(app, { router, createContext: ({ req }) => ({ orgId: req.headers.get('x-org') ?? session.orgId }) })
  const listener = getRequestListener(app.fetch)
  let server = createServer(listener)
  const port = await listen(server, 0)
  onTestFinished(async () => {
    await close(server)
    await engine.close()
  })

  return {
    router,
    engine,
    clock,
    session,
    brakes,
    /** What resolvers ran. */
    runs,
    /** What reached the server. */
    requests,
    /** Connections that listen to changes right now. */
    listeners: () => feeds,
    url: `http://127.0.0.1:${port}/trpc`,
    /** What the engine says that is left. */
    async left(featureId: 'messages' | 'credits', customerId = 'acme'): Promise<number> {
      const access = await embedded(engine).access({ customerId, entityId: null })
      const balance = access.features[featureId]
      if (balance === undefined || balance.type === 'boolean') throw new Error(`${customerId} has no ${featureId}`)
      return balance.remaining
    },
    attach: (planId: string, customerId = 'acme') =>
      engine.execute(customerId, { kind: 'attach', planId, entityId: null, quantities: [], trial: 'none' }, { create: true }),
    /** A seat of the customer's, with messages of its own. */
    async addSeat(entityId: string, messages: number, customerId = 'acme') {
      await engine.execute(customerId, { kind: 'create_entity', entityId, name: null, featureId: 'seats' }, { create: true })
      const own = { featureId: 'messages', entityId, balanceId: null, included: amountOf(messages), unlimited: false } as const
      const once = { interval: null, nextResetAt: null, expiresAt: null, rollover: null } as const
      await engine.execute(customerId, { kind: 'create_balance', ...own, ...once })
    },
    /** Another device of the same customer. */
    caller: (orgId = 'acme') => router.createCaller({ orgId }),
    /** Takes the server away; answers how to bring it back. */
    async stop() {
      await close(server)
      return async () => {
        server = createServer(listener)
        await listen(server, port)
      }
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

/** Lets a test look while a resolver is at work. */
function createBrakes() {
  let released = Promise.resolve()
  return {
    wait: () => released,
    /** Stops resolvers until the answer is called. */
    pull(): () => void {
      let release = () => {}
      released = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
  }
}
