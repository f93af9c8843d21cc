import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { accessOf, openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { expect, it, onTestFinished } from 'vitest'
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

it(`tells Autumn exactly the work that succeeded, killed ${KILLS} times under load on a bad network`, { timeout: 600_000 }, async () => {
  let offsetMs = 0
  const clock = (): number => Date.now() + offsetMs
  const engine = await openEngine({ features: crashFeatures, plans: crashPlans, url: 'memory:', clock })
  const api = autumnApi(engine, { secretKeys: [secretKey] })
  const proxy = await startFaultProxy((request) => api.fetch(request))
  proxy.use(() => (Math.random() < 0.06 ? (FAULTS[Math.floor(Math.random() * FAULTS.length)] ?? null) : null))
  const { url } = proxy
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-crash-'))
  const [outboxUrl, log] = [`file:${join(folder, 'outbox.db')}`, join(folder, 'answered')]
  onTestFinished(async () => {
    await proxy.close()
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  writeFileSync(log, '')
  await killAgainAndAgain(KILLS, folder, () => {
    const last = Math.max(-1, ...answeredIn(log).map((id) => Number(id.slice('op-'.length))))
    // A part of the last run's operations is repeated: they may have been recorded and not answered.
    return { url, outboxUrl, log, from: Math.max(0, last - 30) }
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
  await backend.outbox.drain()
  // The locks of calls that died are over, and so are the blocks that died with their process.
  offsetMs = 120_000
  await backend.outbox.drain()
  expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
  const receipts = await receiptsOf(backend)
  await backend.close()

  const recorded = receipts.map(({ operationId }) => operationId)
  expect(new Set(recorded).size).toBe(recorded.length)
  const answered = answeredIn(log)
  expect(answered.length).toBeGreaterThan(KILLS)
  expect(new Set(recorded)).toEqual(new Set(recorded).union(new Set(answered)))
  for (const { operationId, items } of receipts) {
    const { featureId, used } = crashOperation(Number(operationId.slice('op-'.length)))
    expect(items, operationId).toMatchObject([{ featureId, units: used }])
  }

  const state = await engine.customer('acme')
  const ledger = state && accessOf(engine.catalog, state, null, engine.now()).features
  for (const featureId of Object.keys(crashFeatures)) {
    const uses = receipts.flatMap(({ items }) => items.filter((item) => item.featureId === featureId))
    expect(uses.length, featureId).toBeGreaterThan(KILLS / 10)
    const used = uses.reduce((sum, { units }) => sum + units, 0)
    expect(ledger?.[featureId], featureId).toMatchObject({ used, held: 0 })
  }
})

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
    execArgv: ['--conditions=source'],
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
