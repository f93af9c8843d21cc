import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ledgerOfThreeUses, tollgateIn } from './ledger.fixture.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-transfer-'))
  await ledgerOfThreeUses(folder)
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const tollgate = (...args: readonly string[]) => tollgateIn(folder, args)

describe('tollgate export and import', () => {
  it('move everything into another store, which then adds up and exports the same', async () => {
    const { stdout: exported, status } = tollgate('export', '--url', 'file:usage.db')
    expect(status).toBe(0)
    expect(
      exported
        .trim()
        .split('\n')
        .every((line) => typeof JSON.parse(line) === 'object'),
    ).toBe(true)
    const imported = tollgateIn(folder, ['import', '--url', 'file:copy.db'], exported)
    expect(imported).toMatchObject({ status: 0, stdout: 'imported 1 customer, 3 entries, 0 operations\n', stderr: '' })
    expect(tollgate('verify', '--url', 'file:copy.db').stdout).toBe('3 entries of 1 customer: everything adds up\n')
    expect(tollgate('export', '--url', 'file:copy.db').stdout).toBe(exported)
  })

  it('move one customer through files, and find it there the second time', async () => {
    expect(tollgate('export', '--url', 'file:usage.db', '--customer', 'acme', '--out', 'acme.jsonl')).toMatchObject({
      status: 0,
      stdout: '',
    })
    expect(tollgate('import', '--url', 'file:copy.db', '--in', 'acme.jsonl').status).toBe(0)
    const again = tollgate('import', '--url', 'file:copy.db', '--in', 'acme.jsonl')
    expect(again).toMatchObject({ status: 0, stdout: 'imported 0 customers, 0 entries, 0 operations; 1 was there already, the same\n' })
  })

  it('refuse a file that was cut off, and name the line', async () => {
    tollgate('export', '--url', 'file:usage.db', '--out', 'all.jsonl')
    const lines = (await readFile(join(folder, 'all.jsonl'), 'utf8')).split('\n')
    await writeFile(join(folder, 'all.jsonl'), lines.slice(0, 4).join('\n'))
    const { status, stderr } = tollgate('import', '--url', 'file:copy.db', '--in', 'all.jsonl')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^tollgate: line 5: .*\n$/)
    expect(tollgate('verify', '--url', 'file:copy.db').stdout).toBe('0 entries of 0 customers: everything adds up\n')
  })

  it.each([
    [['export', '--url', 'file:usage.db', '--customer', 'nobody'], /^tollgate: there is no customer 'nobody' to export\n$/],
    [['import', '--url', 'file:copy.db', '--in', 'absent.jsonl'], /^tollgate: .*absent\.jsonl.*\n$/],
    [['import', '--url', 'memory:', '--in', 'absent.jsonl'], /^tollgate: memory: would forget/],
  ])('end in one sentence when they cannot: %s', (args, sentence) => {
    const { status, stderr } = tollgate(...args)
    expect(status).toBe(1)
    expect(stderr).toMatch(sentence)
  })
})
