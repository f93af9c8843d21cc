import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { accessOf, openEngine } from '@tollgate/engine'
import { autumnApi } from '@tollgate/engine/http'
import { describe, expect, it } from 'vitest'
import { features, plans } from '../backend.contract.ts'
import { autumn } from './autumn.ts'

const worker = fileURLToPath(new URL('crashWorker.fixture.ts', import.meta.url))
const secretKey = 'am_sk_test_secret'

/** How often each application is killed: a start takes seconds on a busy machine, so that the long run is asked for. */
const KILLS = Number(process.env['TOLLGATE_KILLS'] ?? 3)

/** Kills the application again and again, and lets each of its clients repeat a call until it is answered. */
async function crash(kills: number, leased: boolean) {
  let offsetMs = 0
  const clock = (): number => Date.now() + offsetMs
  const engine = await openEngine({ features, plans, url: 'memory:', clock })
  const server = serve({ fetch: autumnApi(engine, { secretKeys: [secretKey] }).fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-crash-'))
  const [outbox, log] = [`file:${join(folder, 'outbox.db')}`, join(folder, 'answered')]
  writeFileSync(log, '')
  const answered = (): ReadonlySet<string> => new Set(readFileSync(log, 'utf8').split('\n').filter(Boolean))
  try {
    for (let kill = 0; kill < kills; kill++) {
      const before = answered().size
      // A part of the last run's calls is repeated: they may have been recorded and not answered.
      const from = String(Math.max(0, before - 60))
      const child = spawn(process.execPath, ['--conditions=source', worker, url, outbox, log, from, '100000', leased ? 'leased' : ''], {
        stdio: 'ignore',
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      for (let i = 0; i < 400 && answered().size < before + 5 + (kill % 7); i++) await delay(10)
      child.kill('SIGKILL')
      await ended
    }
    const backend = autumn({ secretKey, url, features, plans, outbox: { url: outbox }, clock, timeoutMs: 5_000 })
    await backend.outbox.drain()
    // Locks of calls that died are over, and so are the blocks that died with their process.
    offsetMs = 120_000
    await backend.outbox.drain()
    const recorded: string[] = []
    for (let cursor: string | null = null; ; ) {
      const page = await backend.receipts({
        caller: { customerId: 'acme', entityId: null },
        limit: 1_000,
        cursor,
        featureId: null,
        search: null,
      })
      recorded.push(...page.items.map(({ operationId }) => operationId))
      cursor = page.nextCursor
      if (cursor === null) break
    }
    const metrics = await backend.outbox.metrics()
    await backend.close()
    const state = await engine.customer('acme')
    const logs = state && accessOf(engine.catalog, state, null, engine.now()).features['logs']
    return { answered: answered(), recorded, metrics, used: logs?.type === 'metered' ? logs.used : null }
  } finally {
    server.close()
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('an application that is killed', () => {
  for (const [what, kills, leased] of [
    ['with a lock for each call', KILLS, false],
    ['with leased blocks', KILLS, true],
  ] as const) {
    it(`has told Autumn exactly the work that it recorded, ${what}`, { timeout: 240_000 }, async () => {
      const { answered, recorded, metrics, used } = await crash(kills, leased)
      expect(metrics).toMatchObject({ pending: 0, dead: 0 })
      expect(new Set(recorded).size).toBe(recorded.length)
      for (const id of answered) expect(recorded).toContain(id)
      expect(answered.size).toBeGreaterThanOrEqual(KILLS * 5)
      expect(used).toBe(recorded.length)
    })
  }
})
