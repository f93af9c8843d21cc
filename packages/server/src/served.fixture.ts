import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { catalogOf, createEngine, type Engine, type Store } from '@tollgate/engine'
import { memoryStore } from '@tollgate/engine/store'
import {
  boolean,
  creditSystem,
  defineFeatures,
  definePlans,
  type Features,
  granted,
  included,
  metered,
  type Plans,
  unlimited,
} from '@tollgate/features'
import { type AnyTRPCRouter, initTRPC } from '@trpc/server'
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { createMetering, type MeteringOptions } from './createMetering.ts'
import { denialFormatter } from './denialShape.ts'
import { mountTrpc } from './hono.ts'

export const features = defineFeatures({
  messages: metered(),
  api_calls: metered(),
  image_gen: metered(),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ api_calls: 1, image_gen: 10 }),
})

export const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(5).per('month'), credits: included(100).per('month') } },
  pro: {
    name: 'Pro',
    price: { amount: 20, interval: 'month' },
    items: { messages: unlimited(), credits: included(5_000).per('month'), sso: granted() },
  },
})

export interface Context {
  readonly user: { readonly orgId: string }
}

/** Real time in the tests' engine: 2026-11-23T12:00:00Z, until a test moves it. */
export interface Clock {
  now: number
}

export const START = Date.UTC(2026, 10, 23, 12)

interface Options extends Partial<Omit<MeteringOptions<typeof features, Context>, 'clock'>> {
  readonly clock?: Clock
  /** Stands between the engine and its store: counts, delays, fails. */
  readonly overStore?: (store: Store) => Store
}

/** An engine in memory, over a registry of a test's own; ends with the test. */
export function openEngineOf(
  features: Features,
  plans: Plans,
  clock: Clock,
  overStore: (store: Store) => Store = (store) => store,
): Engine {
  const store = overStore(memoryStore(() => clock.now))
  const engine = createEngine({ store, catalog: catalogOf(features, plans, null, clock.now), clock: () => clock.now })
  onTestFinished(() => engine.close())
  return engine
}

/** An engine in memory and what meters with it; both end with the test. */
export async function openMetering({ clock = { now: START }, overStore = (store) => store, ...options }: Options = {}) {
  const engine = openEngineOf(features, plans, clock, overStore)
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage: 'deny',
    ...options,
  })
  const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
  return { engine, metering, t, clock, ...metering.procedures(t.procedure) }
}

/** Another metering, over a backend of a test's own. */
export function meteringOn(options: Options & { readonly backend: Backend }) {
  const { clock: _clock, overStore: _overStore, ...given } = options
  return createMetering({ features, identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }), onOutage: 'deny', ...given })
}

/** Serves a router over a real socket; the caller's organisation comes from a header. */
export async function serve<$Router extends AnyTRPCRouter>(router: $Router): Promise<string> {
  const app = new Hono()
  mountTrpc(app, { router, createContext: ({ req }) => ({ user: { orgId: req.headers.get('x-org') ?? 'acme' } }) })
  return listen(createServer(getRequestListener(app.fetch)))
}

/** Listens on a free port until the test ends; answers the address. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/trpc`
}

/** What is left of a feature's own balance. */
export async function remaining(engine: Engine, featureId: 'messages' | 'credits', customerId = 'acme'): Promise<number> {
  return (await balance(engine, featureId, customerId)).remaining
}

export async function balance(engine: Engine, featureId: 'messages' | 'credits', customerId = 'acme') {
  const access = await embedded(engine).access({ customerId, entityId: null })
  const feature = access.features[featureId]
  if (feature === undefined || feature.type === 'boolean') throw new Error(`${customerId} has no balance of ${featureId}`)
  return feature
}
