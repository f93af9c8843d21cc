import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { amountOf, openEngine } from '@tollgate/engine'
import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = new URL('main.ts', import.meta.url).pathname
const features = defineFeatures({ messages: metered() })
const plans = definePlans(features, { free: { name: 'Free', autoEnable: true, items: { messages: included(20).per('month') } } })
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-verify-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

function tollgate(...args: readonly string[]) {
  return spawnSync(process.execPath, ['--conditions=source', main, ...args], { cwd: folder, encoding: 'utf8' })
}

async function ledgerOfThreeUses(): Promise<void> {
  const engine = await openEngine({ features, plans, url: `file:${join(folder, 'usage.db')}` })
  const track = { kind: 'track', entityId: null, overage: 'reject', eventName: null, properties: null, timestamp: null } as const
  for (let use = 0; use < 3; use++) {
    await engine.execute('acme', { ...track, items: [{ featureId: 'messages', units: amountOf(2) }] }, { create: true })
  }
  await engine.close()
}

describe('tollgate verify', () => {
  it('says in one line that everything adds up', async () => {
    await ledgerOfThreeUses()
    const { status, stdout, stderr } = tollgate('verify', '--url', 'file:usage.db')
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '3 entries of 1 customer: everything adds up\n', stderr: '' })
  })

  it.each([
    ['that is damaged', `UPDATE entries SET changes = 'garbage' WHERE seq = 2`, /^broken at entry 2 of customer 'acme': /],
    ['that is missing', 'DELETE FROM entries WHERE seq = 2', /^broken at entry 2 of customer 'acme': /],
    [
      'that was changed',
      `UPDATE entries SET changes = replace(changes, '"amount":"2"', '"amount":"1"') WHERE seq = 2`,
      /^broken: customer 'acme': /,
    ],
  ])('names the first broken entry, %s, and exits with 1', async (_how, damage, sentence) => {
    await ledgerOfThreeUses()
    const database = new DatabaseSync(join(folder, 'usage.db'))
    expect(database.prepare(damage).run().changes).toBe(1)
    database.close()
    const { status, stdout } = tollgate('verify', '--url', 'file:usage.db')
    expect(status).toBe(1)
    expect(stdout).toMatch(sentence)
  })

  it('tells a machine what it found', async () => {
    await ledgerOfThreeUses()
    expect(JSON.parse(tollgate('verify', '--url', 'file:usage.db', '--json').stdout)).toEqual({ customers: 1, entries: 3, faults: [] })
  })

  it.each([
    [['--url', 'file:absent.db'], /^tollgate: there is no ledger at absent\.db\n$/],
    [['--url', 'memory:'], /^tollgate: memory: holds nothing once its process has ended/],
    [['--url', 'file:text.db'], /^tollgate: .*text\.db.*\n$/],
  ])('ends in one sentence when there is nothing to verify: %s', async (args, sentence) => {
    await writeFile(join(folder, 'text.db'), 'this is not a database, but a text of some length that begins like none')
    const { status, stderr } = tollgate('verify', ...args)
    expect(status).toBe(1)
    expect(stderr).toMatch(sentence)
  })
})
