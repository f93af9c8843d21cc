import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memoryStore } from './store/memory/memoryStore.ts'
import { openStore } from './store/openStore.ts'
import { startTestServer } from './store/postgres/testServer.fixture.ts'
import { followTheModel } from './testing/model.contract.ts'

const minutes = 60_000

describe('over random commands, the engine answers as a naive model of the rules does', () => {
  it('in memory, a hundred thousand times', { timeout: 10 * minutes }, async () => {
    expect(await followTheModel({ store: memoryStore(), stories: 1_300, steps: 100 })).toBeGreaterThanOrEqual(100_000)
  })

  it('on a SQLite file', { timeout: 5 * minutes }, async ({ onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-model-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const store = await openStore(`file:${join(folder, 'usage.db')}`, Date.now)
    expect(await followTheModel({ store, stories: 150, steps: 100 })).toBeGreaterThanOrEqual(10_000)
    await store.close()
  })

  it('on PostgreSQL', { timeout: 5 * minutes }, async ({ onTestFinished }) => {
    const server = await startTestServer()
    onTestFinished(() => server.stop())
    const store = await openStore(await server.createDatabase(), Date.now)
    expect(await followTheModel({ store, stories: 70, steps: 100 })).toBeGreaterThanOrEqual(4_000)
    await store.close()
  })
})
