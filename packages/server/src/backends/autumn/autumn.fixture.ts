import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { accessOf, type Engine, openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { features, plans } from '../backend.contract.ts'
import { type AutumnBackend, type AutumnOptions, autumn } from './autumn.ts'

export const SECRET = 'am_sk_test_secret'
export const START = Date.parse('2026-11-23T10:00:00.000Z')

/** Autumn's API over an engine, and a backend in front of it, on one clock. */
export interface TestAutumn {
  readonly engine: Engine
  readonly backend: AutumnBackend
  /** Every request that reached the server, by its path and body. */
  readonly requests: readonly SeenRequest[]
  readonly reports: readonly Error[]
  readonly outboxUrl: string
  now(): number
  advance(ms: number): void
  /** Another backend on the same server, by default with the same outbox. */
  another(options?: Partial<AutumnOptions>): AutumnBackend
  /** What the server's ledger says was used, without what is still held. */
  ledgerUsed(customerId: string, featureId: string): Promise<number>
  close(): Promise<void>
}

export interface SeenRequest {
  readonly path: string
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export interface TestAutumnOptions extends Partial<AutumnOptions> {
  /** Stands between the client and the server. */
  readonly between?: (request: Request, forward: (request: Request) => Promise<Response>) => Promise<Response>
  readonly socket?: boolean
}

export async function startAutumn({
  between = (request, forward) => forward(request),
  socket = false,
  ...options
}: TestAutumnOptions = {}): Promise<TestAutumn> {
  let now = START
  const clock = (): number => now
  const engine = await openEngine({ features, plans, url: 'memory:', clock })
  const app = autumnApi(engine, { secretKeys: [SECRET], logger: { error: () => undefined } })
  const requests: SeenRequest[] = []
  const handle = async (request: Request): Promise<Response> => {
    const body: unknown = await request.clone().json()
    requests.push({ path: new URL(request.url).pathname, headers: request.headers, body: body as SeenRequest['body'] })
    return app.fetch(request)
  }
  const listening = socket ? await listen(handle) : null
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-outbox-'))
  const outboxUrl = `file:${join(folder, 'outbox.db')}`
  const reports: Error[] = []
  const opened: AutumnBackend[] = []

  const another = (own: Partial<AutumnOptions> = {}): AutumnBackend => {
    const backend = autumn({
      secretKey: SECRET,
      features,
      plans,
      outbox: { url: outboxUrl },
      clock,
      timeoutMs: 5_000,
      report: (error) => reports.push(error),
      ...(listening ? { url: listening.url } : { url: 'http://autumn.test' }),
      fetch: (request) => between(request, listening ? (each) => fetch(each) : handle),
      ...options,
      ...own,
    })
    opened.push(backend)
    return backend
  }
  const backend = another()

  return {
    engine,
    backend,
    requests,
    reports,
    outboxUrl,
    now: clock,
    advance(ms) {
      now += ms
    },
    another,
    async ledgerUsed(customerId, featureId) {
      const state = await engine.customer(customerId)
      const balance = state && accessOf(engine.catalog, state, null, engine.now()).features[featureId]
      return balance == null || balance.type === 'boolean' ? 0 : balance.used
    },
    async close() {
      for (const each of opened) await each.close().catch(() => undefined)
      await listening?.close()
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function listen(handle: (request: Request) => Promise<Response>) {
  const server = serve({ fetch: handle, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
