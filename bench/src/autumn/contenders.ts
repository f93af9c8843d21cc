import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEngine } from '@tollgate/engine'
import { type Backend, createMetering, denialFormatter, embedded } from '@tollgate/server'
import { type AutumnOptions, autumn, lease } from '@tollgate/server/autumn'
import { initTRPC, TRPCError } from '@trpc/server'
import { Autumn } from 'autumn-js'
import { features, KEY, plans } from './catalog.ts'

const BLOCK = lease({ units: 100, ttlMs: 60_000 })

/** One way to meter the same procedure. */
export interface Contender {
  /** Calls the procedure; answers how long its work took, in ms. */
  call(customerId: string, featureId: 'messages' | 'scarce'): Promise<number>
  /** Whether a call was turned away because nothing was left. */
  isDenial(error: unknown): boolean
  /** Makes the customer known, so that no measured call has to. */
  meet(customerId: string): Promise<void>
  /** Resolves once the server has heard of every call so far. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface ContenderOptions {
  /** Where the server answers. */
  readonly url: string
  /** For files of its own. */
  readonly folder: string
  /** How long the work of a call takes. */
  readonly workMs: number
}

export const CONTENDERS = [
  'by hand: check, track',
  'by hand: lock, finalize',
  'metered, awaited',
  'metered, background',
  'metered, leased',
  'metered, embedded',
] as const
export type ContenderName = (typeof CONTENDERS)[number]

interface Context {
  readonly customerId: string
}

const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })

export async function openContender(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  switch (name) {
    case 'by hand: check, track':
      return checkAndTrack(options)
    case 'by hand: lock, finalize':
      return lockAndFinalize(options)
    case 'metered, awaited':
      return meteredByAutumn(options, { settle: 'await' })
    case 'metered, background':
      return meteredByAutumn(options, { settle: 'background' })
    case 'metered, leased':
      return meteredByAutumn(options, { settle: 'background', lease: { messages: BLOCK, scarce: BLOCK } })
    case 'metered, embedded':
      return meteredByEngine(options)
  }
}

/** The work of a call; answers how long it took. */
async function work(ms: number): Promise<number> {
  const startedAt = performance.now()
  if (ms > 0) await pause(ms)
  return performance.now() - startedAt
}

function autumnClient(url: string): Autumn {
  return new Autumn({ secretKey: KEY, serverURL: url, failOpen: false })
}

function refused(): TRPCError {
  return new TRPCError({ code: 'FORBIDDEN', message: 'There is nothing left' })
}

/** As Autumn's documentation shows it. */
function checkAndTrack({ url, workMs }: ContenderOptions): Contender {
  const client = autumnClient(url)
  const metered = (featureId: string) =>
    t.procedure.mutation(async ({ ctx: { customerId } }) => {
      const { allowed } = await client.check({ customerId, featureId })
      if (!allowed) throw refused()
      const took = await work(workMs)
      await client.track({ customerId, featureId, value: 1 })
      return took
    })
  return byHand(client, t.router({ messages: metered('messages'), scarce: metered('scarce') }))
}

function lockAndFinalize({ url, workMs }: ContenderOptions): Contender {
  const client = autumnClient(url)
  const metered = (featureId: string) =>
    t.procedure.mutation(async ({ ctx: { customerId } }) => {
      const lockId = randomUUID()
      const lock = { enabled: true as const, lockId, expiresAt: Date.now() + 60_000 }
      const { allowed } = await client.check({ customerId, featureId, requiredBalance: 1, lock })
      if (!allowed) throw refused()
      const took = await work(workMs)
      await client.balances.finalize({ lockId, action: 'confirm' })
      return took
    })
  return byHand(client, t.router({ messages: metered('messages'), scarce: metered('scarce') }))
}

function byHand(client: Autumn, router: WorkRouter): Contender {
  return {
    ...callsOf(router),
    async meet(customerId) {
      await client.customers.getOrCreate({ customerId })
    },
    settled: async () => undefined,
    close: async () => undefined,
  }
}

function meteredByAutumn({ url, folder, workMs }: ContenderOptions, options: Pick<AutumnOptions, 'settle' | 'lease'>): Contender {
  const outbox = { url: `file:${join(folder, `${randomUUID()}.db`)}` }
  const backend = autumn({ secretKey: KEY, url, features, plans, outbox, timeoutMs: 5_000, ...options })
  return {
    ...callsOf(meteredRouter(backend, workMs)),
    async meet(customerId) {
      await backend.access({ customerId, entityId: null })
    },
    settled: () => backend.outbox.drain(),
    close: () => backend.close(),
  }
}

async function meteredByEngine({ folder, workMs }: ContenderOptions): Promise<Contender> {
  const engine = await openEngine({ features, plans, url: `file:${join(folder, `${randomUUID()}.db`)}` })
  const backend = embedded(engine)
  return {
    ...callsOf(meteredRouter(backend, workMs)),
    async meet(customerId) {
      await backend.access({ customerId, entityId: null })
    },
    settled: async () => undefined,
    close: () => engine.close(),
  }
}

function meteredRouter(backend: Backend, workMs: number) {
  const metering = createMetering({
    features,
    backend,
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.customerId }),
    onOutage: 'deny',
  })
  const { meteredProcedure } = metering.procedures(t.procedure)
  return t.router({
    messages: meteredProcedure('messages', { units: 1 }).mutation(() => work(workMs)),
    scarce: meteredProcedure('scarce', { units: 1 }).mutation(() => work(workMs)),
  })
}

/** What all the routers have in common. */
interface WorkRouter {
  createCaller(context: Context): { readonly messages: () => Promise<number>; readonly scarce: () => Promise<number> }
}

function callsOf(router: WorkRouter): Pick<Contender, 'call' | 'isDenial'> {
  return {
    call: (customerId, featureId) => router.createCaller({ customerId })[featureId](),
    isDenial: (error) => error instanceof TRPCError && error.code === 'FORBIDDEN',
  }
}
