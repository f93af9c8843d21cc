import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ledgerOfThreeUses, tollgateIn } from './ledger.fixture.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-verify-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const tollgate = (...args: readonly string[]) => tollgateIn(folder, args)

describe('tollgate verify', () => {
  it('says in one line that everything adds up', async () => {
    await ledgerOfThreeUses(folder)
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
    await ledgerOfThreeUses(folder)
    const database = new DatabaseSync(join(folder, 'usage.db'))
    expect(database.prepare(damage).run().changes).toBe(1)
    database.close()
    const { status, stdout } = tollgate('verify', '--url', 'file:usage.db')
    expect(status).toBe(1)
    expect(stdout).toMatch(sentence)
  })

  it('tells a machine what it found', async () => {
    await ledgerOfThreeUses(folder)
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
