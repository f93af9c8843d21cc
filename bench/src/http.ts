import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import autocannon from 'autocannon'
import { Command } from 'commander'

/** The secret key of the server under test. */
const KEY = 'am_sk_test_bench'
const CUSTOMERS = 500
const IN_FLIGHT = [1, 16, 64]

interface Measurement {
  /** `memory:` or `file:`; the constant route touches neither. */
  readonly store: string
  readonly route: RouteName
  readonly inFlight: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the requests a second of a Hono route that returns a constant, with as many in flight. */
  readonly shareOfConstant: number
}

/** What one load of one route came to. */
type Load = Pick<Measurement, 'requestsPerSecond' | 'p50Ms' | 'p99Ms'>

interface Effort {
  readonly seconds: number
  readonly rounds: number
}

const routes = { constant: '/constant', check: '/v1/balances.check', track: '/v1/balances.track' } as const
type RouteName = keyof typeof routes
const routeNames = ['constant', 'check', 'track'] as const

if (process.env['TOLLGATE_BENCH_STORE'] === undefined) await measureAll()
else await serve(process.env['TOLLGATE_BENCH_STORE'])

async function measureAll(): Promise<void> {
  const { json, ...effort } = new Command()
    .option('--json <file>', 'write the measurements to a file')
    .option('--seconds <number>', 'how long each load lasts', Number, 2)
    .option('--rounds <number>', 'how often each load is repeated: the medians are told', Number, 3)
    .parse()
    .opts<Effort & { json?: string }>()
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
  const measurements: Measurement[] = []
  for (const url of ['memory:', `file:${join(folder, 'usage.db')}`]) measurements.push(...(await measureStore(url, effort)))
  await rm(folder, { recursive: true })
  const report = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, ...effort, measurements }
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  if (json !== undefined) await writeFile(resolve(process.env['INIT_CWD'] ?? '.', json), `${JSON.stringify(report, null, 2)}\n`)
}

async function measureStore(url: string, { seconds, rounds }: Effort): Promise<readonly Measurement[]> {
  const { child, port } = await startServer(url)
  const store = url.startsWith('file:') ? 'file:' : url
  const measurements: Measurement[] = []
  try {
    for (const route of routeNames) await load(port, route, 16, 1)
    for (const inFlight of IN_FLIGHT) {
      const loads: Record<RouteName, Load>[] = []
      // The routes take turns, so that whatever else the machine does falls on all of them alike.
      for (let round = 0; round < rounds; round++) {
        const constant = await load(port, 'constant', inFlight, seconds)
        loads.push({ constant, check: await load(port, 'check', inFlight, seconds), track: await load(port, 'track', inFlight, seconds) })
      }
      for (const route of routeNames) {
        const measured: Measurement = {
          ...{ store, route, inFlight },
          requestsPerSecond: median(loads.map((round) => round[route].requestsPerSecond)),
          p50Ms: median(loads.map((round) => round[route].p50Ms)),
          p99Ms: median(loads.map((round) => round[route].p99Ms)),
          shareOfConstant: rounded(median(loads.map((round) => round[route].requestsPerSecond / round.constant.requestsPerSecond)), 2),
        }
        measurements.push(measured)
        console.log(lineOf(measured))
      }
    }
  } finally {
    child.disconnect()
  }
  return measurements
}

async function load(port: number, route: RouteName, inFlight: number, seconds: number): Promise<Load> {
  const latencies: number[] = []
  const headers = { authorization: `Bearer ${KEY}`, 'x-api-version': '2.4.0', 'content-type': 'application/json' }
  const requests = Array.from({ length: CUSTOMERS }, (_, index) => ({
    method: 'POST' as const,
    path: routes[route],
    headers,
    body: JSON.stringify({
      customer_id: `c${index}`,
      feature_id: 'messages',
      ...(route === 'track' ? { value: 1 } : { required_balance: 1 }),
    }),
  }))
  const { non2xx, errors, duration } = await new Promise<autocannon.Result>((finish, fail) => {
    const done = (error: unknown, result: autocannon.Result): void => (error ? fail(error) : finish(result))
    const run = autocannon({ url: `http://127.0.0.1:${port}`, connections: inFlight, duration: seconds, requests }, done)
    run.on('response', (_client, _status, _bytes, responseTimeMs) => latencies.push(responseTimeMs))
  })
  if (non2xx > 0 || errors > 0) throw new Error(`${route} with ${inFlight} in flight: ${non2xx} refusals, ${errors} errors`)
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => rounded(latencies[Math.floor(latencies.length * share)] ?? 0, 3)
  return { requestsPerSecond: Math.round(latencies.length / duration), p50Ms: at(0.5), p99Ms: at(0.99) }
}

async function startServer(url: string): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, TOLLGATE_BENCH_STORE: url } })
  const [port] = (await once(child, 'message')) as [number]
  return { child, port }
}

/** The server under test, in a process of its own: the API, and beside it a route that returns a constant. */
async function serve(url: string): Promise<void> {
  const features = defineFeatures({ messages: metered(), images: metered(), credits: creditSystem({ images: 10 }) })
  const plans = definePlans(features, {
    pro: { name: 'Pro', autoEnable: true, items: { messages: included(1e9).per('month'), credits: included(1_000).per('month') } },
  })
  const engine = await openEngine({ features, plans, url })
  await Promise.all(Array.from({ length: CUSTOMERS }, (_, index) => engine.execute(`c${index}`, { kind: 'touch' }, { create: true })))
  const app = autumnApi(engine, { secretKeys: [KEY] })
  app.post(routes.constant, (context) => context.json({ allowed: true }))
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  // The measuring process is done, or gone.
  process.once('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

function lineOf({ store, route, inFlight, requestsPerSecond, p50Ms, p99Ms, shareOfConstant }: Measurement): string {
  const cells = [store.padEnd(8), route.padEnd(9), `${inFlight} in flight`.padEnd(13), `${requestsPerSecond}/s`.padStart(9)]
  return `${cells.join(' ')}  p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms  ${shareOfConstant.toFixed(2)} of constant`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function rounded(value: number, places: number): number {
  return Number(value.toFixed(places))
}
