import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { accessOf, openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../../../engine/src/store/postgres/testServer.fixture.ts'
import { type NetworkFault, startFaultProxy } from '../../testing/faultProxy.ts'
import type { LedgerReceipt } from '../backend.ts'
import { type AutumnBackend, autumn } from './autumn.ts'
import { type CrashOrders, crashFeatures, crashOperation, crashPlans } from './crashed.fixture.ts'

const secretKey = 'am_sk_test_secret'
const KILLS = Number(process.env['TOLLGATE_KILLS'] ?? 50)

const FAULTS: readonly NetworkFault[] = [
  { kind: 'drop_request' },
  { kind: 'drop_answer' },
  { kind: 'close', when: 'before' },
  { kind: 'close', when: 'after' },
  { kind: 'answer', status: 500, when: 'after' },
  { kind: 'answer', status: 429, headers: { 'retry-after': '0' } },
  { kind: 'delay', ms: 30 },
]

describe('an application that is killed under load on a bad network has told Autumn exactly the work that succeeded', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.stop())

  it(`after ${KILLS} kills, from a SQLite outbox`, { timeout: 600_000 }, async () => {
    const folder = await newFolder()
    await crash({ outboxUrl: `file:${join(folder, 'outbox.db')}`, folder, kills: KILLS, downMs: 0 })
  })

  it(`after ${KILLS / 5} kills, from a PostgreSQL outbox`, { timeout: 600_000 }, async () => {
    // Of a process that reached the database from another machine it is known only after a while that it is gone.
    await crash({ outboxUrl: await server.createDatabase(), folder: await newFolder(), kills: KILLS / 5, downMs: 31_000 })
  })
})

interface Crash {
  readonly outboxUrl: string
  /** For what the test itself keeps. */
  readonly folder: string
  readonly kills: number
  /** How long the application is gone after each kill, on a clock that is moved. */
  readonly downMs: number
}

async function crash({ outboxUrl, folder, kills, downMs }: Crash): Promise<void> {
  let offsetMs = 0
  const clock = (): number => Date.now() + offsetMs
  const engine = await openEngine({ features: crashFeatures, plans: crashPlans, url: 'memory:', clock })
  const api = autumnApi(engine, { secretKeys: [secretKey] })
  const proxy = await startFaultProxy((request) => api.fetch(request))
  proxy.use(() => (Math.random() < 0.06 ? (FAULTS[Math.floor(Math.random() * FAULTS.length)] ?? null) : null))
  const { url } = proxy
  const log = join(folder, 'answered')
  onTestFinished(async () => {
    await proxy.close()
    await engine.close()
  })

  writeFileSync(log, '')
  await killAgainAndAgain(kills, folder, () => {
    offsetMs += downMs
    const last = Math.max(-1, ...answeredIn(log).map((id) => Number(id.slice('op-'.length))))
    // A part of the last run's operations is repeated: they may have been recorded and not answered.
    return { url, outboxUrl, offsetMs, log, from: Math.max(0, last - 16) }
  })

  const backend = autumn({
    secretKey,
    url,
    features: crashFeatures,
    plans: crashPlans,
    outbox: { url: outboxUrl },
    clock,
    timeoutMs: 5_000,
  })
  proxy.use(null)
  // The locks of calls that died run out meanwhile, and so do the blocks that died with their process.
  for (let minute = 0; minute < 20; minute++) {
    await backend.outbox.drain()
    offsetMs += 60_000
  }
  expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
  const receipts = await receiptsOf(backend)
  await backend.close()

  const recorded = receipts.map(({ operationId }) => operationId)
  expect(new Set(recorded).size).toBe(recorded.length)
  const answered = answeredIn(log)
  expect(answered.length).toBeGreaterThan(kills)
  expect(new Set(recorded)).toEqual(new Set(recorded).union(new Set(answered)))
  for (const { operationId, items } of receipts) {
    const { featureId, used } = crashOperation(Number(operationId.slice('op-'.length)))
    expect(items, operationId).toMatchObject([{ featureId, units: used }])
  }

  const state = await engine.customer('acme')
  const ledger = state && accessOf(engine.catalog, state, null, engine.now()).features
  for (const featureId of Object.keys(crashFeatures)) {
    const uses = receipts.flatMap(({ items }) => items.filter((item) => item.featureId === featureId))
    expect(uses.length, featureId).toBeGreaterThan(kills / 10)
    const used = uses.reduce((sum, { units }) => sum + units, 0)
    expect(ledger?.[featureId], featureId).toMatchObject({ used, held: 0 })
  }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-crash-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Starts applications on one outbox, one after the other, and kills each in the midst of its calls. */
async function killAgainAndAgain(kills: number, folder: string, orders: () => CrashOrders): Promise<void> {
  // Loading takes much longer than what is tested: the next ones load meanwhile.
  const waiting = [startApplication(folder), startApplication(folder)]
  for (let kill = 1; kill <= kills; kill++) {
    const application = await waiting.shift()
    if (application === undefined) throw new Error('there is no application to kill')
    if (kill + waiting.length < kills) waiting.push(startApplication(folder))
    let left = 1 + (kill % 12)
    const enough = new Promise<void>((resolve, reject) => {
      application.once('exit', () => reject(new Error(`the application ended by itself, before kill ${kill}`)))
      application.on('message', () => {
        if (--left === 0) resolve()
      })
    })
    application.send(orders())
    await enough
    await pause(Math.random() * 20)
    const ended = once(application, 'exit')
    application.kill('SIGKILL')
    await ended
  }
}

/** An application that has loaded everything and waits for its orders. */
async function startApplication(folder: string): Promise<ChildProcess> {
  const application = fork(fileURLToPath(new URL('crashWorker.fixture.ts', import.meta.url)), {
    execArgv: ['--conditions=@tollgate/source'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(application, 'message')
  return application
}

function answeredIn(log: string): readonly string[] {
  return readFileSync(log, 'utf8').split('\n').filter(Boolean)
}

async function receiptsOf(backend: AutumnBackend): Promise<readonly LedgerReceipt[]> {
  const receipts: LedgerReceipt[] = []
  for (let cursor: string | null = null; ; ) {
    const caller = { customerId: 'acme', entityId: null }
    const page = await backend.receipts({ caller, limit: 1_000, cursor, featureId: null, search: null })
    receipts.push(...page.items)
    cursor = page.nextCursor
    if (cursor === null) return receipts
  }
}
