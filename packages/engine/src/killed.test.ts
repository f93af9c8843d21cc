import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { surviveKills } from './testing/killed.contract.ts'

const KILLS = 100

it(`keeps what it acknowledged when it is killed, ${KILLS} times over, and keeps it once`, { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await expect(surviveKills(`file:${join(folder, 'usage.db')}`, KILLS)).resolves.toBeUndefined()
})
