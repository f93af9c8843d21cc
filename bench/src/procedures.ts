import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { getRequestListener } from '@hono/node-server'
import { openEngine } from '@tollgate/engine'
import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { createMetering, denialFormatter, embedded } from '@tollgate/server'
import { mountTrpc } from '@tollgate/server/hono'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { Command } from 'commander'
import { Hono } from 'hono'
import { z } from 'zod'
import type { LoadOptions, Round } from './procedures/load.ts'

const features = defineFeatures({ messages: metered(), image_gen: metered(), credits: creditSystem({ image_gen: 10 }) })
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(1_000_000_000), credits: included(1_000_000_000) } },
})

const Prompt = z.object({ n: z.number(), text: z.string() })

interface Context {
  readonly user: { readonly orgId: string }
}

/** The same procedure, bare and metered, over an engine on a durable file. */
async function openApps(url: string) {
  const engine = await openEngine({ features, plans, url })
  const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage: 'deny',
  })
  const { meteredProcedure } = metering.procedures(t.procedure)
  const bare = t.router({ generate: t.procedure.input(Prompt).mutation(({ input }) => ({ images: input.n })) })
  const counted = t.router({
    generate: meteredProcedure('image_gen', { input: Prompt, units: ({ input }) => input.n }).mutation(({ input }) => ({
      images: input.n,
    })),
  })
  const contextOf = (req: Request): Context => ({ user: { orgId: req.headers.get('x-org') ?? 'customer-0' } })
  const bareApp = new Hono().all('/trpc/*', (c) =>
    fetchRequestHandler({ endpoint: '/trpc', req: c.req.raw, router: bare, createContext: ({ req }) => contextOf(req) }),
  )
  const meteredApp = new Hono()
  mountTrpc(meteredApp, { router: counted, createContext: ({ req }) => contextOf(req) })
  return { bareApp, meteredApp, close: () => engine.close() }
}

interface Pair<T> {
  readonly bare: T
  readonly metered: T
}

/** Alternates between the two, so that what else the machine does hits both. */
async function interleaved<T>(rounds: number, bare: () => Promise<T>, metered: () => Promise<T>): Promise<readonly Pair<T>[]> {
  const pairs: Pair<T>[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) pairs.push({ bare: await bare(), metered: await metered() })
    else {
      const second = await metered()
      pairs.push({ bare: await bare(), metered: second })
    }
  }
  return pairs
}

/** Calls through `app.request`, so many at a time; µs per call. */
async function inProcess(app: Hono, inFlight: number, calls: number): Promise<number> {
  const body = '{"n":1,"text":"a prompt of some length, as people write them"}'
  let left = calls
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async (_, lane) => {
      while (left-- > 0) {
        const headers = { 'content-type': 'application/json', 'x-org': `customer-${(left + lane) % CUSTOMERS}` }
        const response = await app.request('/trpc/generate', { method: 'POST', headers, body })
        if (response.status !== 200) throw new Error(await response.text())
        await response.text()
      }
    }),
  )
  return ((performance.now() - startedAt) / calls) * 1_000
}

const CUSTOMERS = 1_000

/** Serves an application and hands out rounds of load against it. */
async function overSocket(app: Hono, inFlight: number) {
  const server = createServer(getRequestListener(app.fetch))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const workerData: LoadOptions = { port, path: '/trpc/generate', inFlight, customers: CUSTOMERS }
  const worker = new Worker(new URL('./procedures/load.ts', import.meta.url), { workerData })
  return {
    round: (durationMs: number) =>
      new Promise<Round>((resolve, reject) => {
        worker.once('message', (round: Round | string) => (typeof round === 'string' ? reject(new Error(round)) : resolve(round)))
        worker.once('error', reject)
        worker.postMessage(durationMs)
      }),
    async close() {
      await worker.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

export interface ProcedureFigures {
  /** µs per call through `app.request`, one at a time and 64 at a time; the ratio is metered ÷ bare. */
  readonly inProcess: readonly { readonly inFlight: number; readonly bareUs: number; readonly meteredUs: number; readonly ratio: number }[]
  /** Calls per second over a socket, 64 in flight; the ratio is the time per call, metered ÷ bare. */
  readonly socket: {
    readonly inFlight: number
    readonly barePerSecond: number
    readonly meteredPerSecond: number
    readonly bareP99Ms: number
    readonly meteredP99Ms: number
    readonly ratio: number
    readonly ratios: readonly number[]
  }
}

/** Measures what metering adds to a procedure, on a durable file. */
export async function measureProcedures({
  rounds = 9,
  roundMs = 1_000,
}: {
  rounds?: number
  roundMs?: number
} = {}): Promise<ProcedureFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
  const { bareApp, meteredApp, close } = await openApps(`file:${join(folder, 'usage.db')}`)
  try {
    const inProcessFigures: ProcedureFigures['inProcess'][number][] = []
    for (const inFlight of [1, 64]) {
      const calls = inFlight === 1 ? 500 : 4_000
      const pairs = await interleaved(
        rounds + 1,
        () => inProcess(bareApp, inFlight, calls),
        () => inProcess(meteredApp, inFlight, calls),
      )
      const measured = pairs.slice(1)
      inProcessFigures.push({
        inFlight,
        bareUs: median(measured.map(({ bare }) => bare)),
        meteredUs: median(measured.map(({ metered }) => metered)),
        ratio: median(measured.map(({ bare, metered }) => metered / bare)),
      })
    }
    const inFlight = 64
    const [bareLoad, meteredLoad] = await Promise.all([overSocket(bareApp, inFlight), overSocket(meteredApp, inFlight)])
    const pairs = await interleaved(
      rounds + 1,
      () => bareLoad.round(roundMs),
      () => meteredLoad.round(roundMs),
    )
    await Promise.all([bareLoad.close(), meteredLoad.close()])
    const measured = pairs.slice(1)
    const perSecond = ({ answers, elapsedMs }: Round): number => (answers / elapsedMs) * 1_000
    const ratios = measured.map(({ bare, metered }) => perSecond(bare) / perSecond(metered))
    return {
      inProcess: inProcessFigures,
      socket: {
        inFlight,
        barePerSecond: median(measured.map(({ bare }) => perSecond(bare))),
        meteredPerSecond: median(measured.map(({ metered }) => perSecond(metered))),
        bareP99Ms: median(measured.map(({ bare }) => bare.p99Ms)),
        meteredP99Ms: median(measured.map(({ metered }) => metered.p99Ms)),
        ratio: median(ratios),
        ratios,
      },
    }
  } finally {
    await close()
    await rm(folder, { recursive: true, force: true })
  }
}

function report({ inProcess: figures, socket }: ProcedureFigures): string {
  const lines = figures.map(
    ({ inFlight, bareUs, meteredUs, ratio }) =>
      `app.request, ${inFlight} at a time: bare ${bareUs.toFixed(1)} µs, metered ${meteredUs.toFixed(1)} µs, ${ratio.toFixed(2)}×`,
  )
  const perSecond = (value: number): string => Math.round(value).toLocaleString('en-US')
  return [
    ...lines,
    `socket, ${socket.inFlight} in flight: bare ${perSecond(socket.barePerSecond)}/s (p99 ${socket.bareP99Ms.toFixed(1)} ms), metered ${perSecond(socket.meteredPerSecond)}/s (p99 ${socket.meteredP99Ms.toFixed(1)} ms), ${socket.ratio.toFixed(2)}×`,
  ].join('\n')
}

if (import.meta.main) {
  const options = new Command()
    .description('Measures what metering adds to a procedure, beside the same procedure bare, on a durable file.')
    .option('--json <file>', 'write the measurements to a file')
    .option('--rounds <number>', 'how often each load is repeated: the medians are told', Number, 9)
    .parse()
    .opts<{ readonly json?: string; readonly rounds: number }>()
  const figures = await measureProcedures({ rounds: options.rounds })
  process.stdout.write(`${report(figures)}\n`)
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  if (options.json !== undefined)
    await writeFile(resolve(process.env['INIT_CWD'] ?? '.', options.json), `${JSON.stringify(figures, null, 2)}\n`)
}
