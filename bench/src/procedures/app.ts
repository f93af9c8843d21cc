import { openEngine } from '@tollgate/engine'
import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { createMetering, denialFormatter, embedded } from '@tollgate/server'
import { mountTrpc } from '@tollgate/server/hono'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { Hono } from 'hono'
import { z } from 'zod'

/** The same procedure, as it is and metered. */
export type AppKind = 'bare' | 'metered'

/** An application under measurement. */
export interface OpenApp {
  readonly app: Hono
  close(): Promise<void>
}

/** Where the procedure is mounted, and what it is called with. */
export const PATH = '/trpc/generate'
export const BODY = '{"n":1,"text":"a prompt of some length, as people write them"}'

/** Customers that take turns. */
export const CUSTOMERS = 1_000

const features = defineFeatures({ messages: metered(), image_gen: metered(), credits: creditSystem({ image_gen: 10 }) })
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(1_000_000_000), credits: included(1_000_000_000) } },
})
const Prompt = z.object({ n: z.number(), text: z.string() })

interface Context {
  readonly user: { readonly orgId: string }
}

const contextOf = (req: Request): Context => ({ user: { orgId: req.headers.get('x-org') ?? 'customer-0' } })

/** Opens an application; the metered one keeps its usage in a file, on which a call is before it is answered. */
export async function openApp(kind: AppKind, file: string): Promise<OpenApp> {
  return kind === 'bare' ? openBare() : openMetered(file)
}

function openBare(): OpenApp {
  const t = initTRPC.context<Context>().create()
  const router = t.router({ generate: t.procedure.input(Prompt).mutation(({ input }) => ({ images: input.n })) })
  const app = new Hono().all('/trpc/*', (c) =>
    fetchRequestHandler({ endpoint: '/trpc', req: c.req.raw, router, createContext: ({ req }) => contextOf(req) }),
  )
  return { app, close: async () => {} }
}

async function openMetered(file: string): Promise<OpenApp> {
  const engine = await openEngine({ features, plans, url: `file:${file}` })
  const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage: 'deny',
  })
  const { meteredProcedure } = metering.procedures(t.procedure)
  const router = t.router({
    generate: meteredProcedure('image_gen', { input: Prompt, units: ({ input }) => input.n }).mutation(({ input }) => ({
      images: input.n,
    })),
  })
  const app = new Hono()
  mountTrpc(app, { router, createContext: ({ req }) => contextOf(req) })
  return { app, close: () => engine.close() }
}
