import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { amountOf } from '../core/amount.ts'
import { catalogOf, item, metered, plan, pool } from '../core/testing/catalogs.contract.ts'
import { createEngine } from '../engine.ts'
import { memoryStore } from '../store/memory/memoryStore.ts'
import { temporaryFolder } from '../store/sqlite/folder.fixture.ts'
import { sqliteStore } from '../store/sqlite/sqliteStore.ts'
import type { Store } from '../store/store.ts'
import { verify } from '../verify.ts'
import { exportLedger } from './exportLedger.ts'
import { importLedger, LedgerFileError } from './importLedger.ts'

const catalog = catalogOf(
  [metered('messages'), metered('images'), pool('credits', { images: 10 })],
  [plan('free', [item('messages', 100, 'month'), item('credits', 1_000, 'month')], { autoEnable: true })],
)
const NOTHING = { customers: 0, entries: 0, operations: 0 }

/** A store in which much has happened: three customers, one of them deleted, one with an odd name. */
async function lived(store: Store = memoryStore()): Promise<Store> {
  store.saveCatalog(catalog, 0)
  const engine = createEngine({ store, catalog })
  const rest = { entityId: null, properties: { 'a "key"': ['\ud800', { __proto__: null }] } } as const
  const operation = (id: string) => ({ operation: { id, fingerprint: 'input' } })
  for (const id of ['ann', 'bo\0b "x"', 'cid']) {
    const items = [{ featureId: 'messages', units: amountOf(1.5) }]
    await engine.execute(id, { kind: 'touch' }, { create: { metadata: JSON.parse('{"__proto__": {"polluted": true}}') } })
    await engine.execute(id, { kind: 'track', items, overage: 'cap', eventName: 'sent', timestamp: 7, ...rest }, operation(`track ${id}`))
    for (const hold of ['committed', 'running']) {
      const ref = operation(`${hold} ${id}`)
      const images = [{ featureId: 'images', units: amountOf(2) }]
      const reserve = { kind: 'reserve', holdId: hold, items: images, overage: 'reject', expiresAt: Date.now() + 60_000, ...rest } as const
      await engine.execute(id, { ...reserve, operation: ref.operation }, ref)
    }
    await engine.execute(
      id,
      { kind: 'commit', holdId: 'committed', units: [], overage: null, properties: null },
      { result: '{"text":"✓"}' },
    )
    await engine.claim({ id: `claim ${id}`, fingerprint: 'f' }, 'claimed')
  }
  await engine.execute('cid', { kind: 'delete_customer' })
  return store
}

async function exported(store: Store, customerId?: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of exportLedger(store, customerId === undefined ? {} : { customerId })) lines.push(line)
  return lines
}

async function failureOf(store: Store, lines: readonly string[]): Promise<string> {
  const error = await importLedger(store, lines).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(LedgerFileError)
  return error instanceof Error ? error.message : ''
}

it('moves everything from one store to another', async () => {
  const from = await lived()
  const to = sqliteStore(join(temporaryFolder(), 'usage.db'))
  const lines = await exported(from)
  const { imported, present } = await importLedger(to, lines)
  expect(imported).toEqual({ customers: 3, entries: 16, operations: 12 })
  expect(present).toEqual(NOTHING)
  expect(await exported(to)).toEqual(lines)
  expect(await verify(to)).toEqual({ customers: 3, entries: 16, faults: [] })
  expect(await to.catalog()).toEqual(catalog)
  await to.close()
})

it('moves one customer, with its operations alone', async () => {
  const to = memoryStore()
  const { imported } = await importLedger(to, await exported(await lived(), 'ann'))
  expect(imported).toEqual({ customers: 1, entries: 5, operations: 3 })
  expect((await to.customers({ limit: 10 })).items.map((customer) => customer.id)).toEqual(['ann'])
  await expect(exported(to, 'nobody')).rejects.toThrow("there is no customer 'nobody' to export")
})

it('does not count a call again that was made before the move', async () => {
  const to = memoryStore()
  await importLedger(to, await exported(await lived()))
  const engine = createEngine({ store: to, catalog })
  const items = [{ featureId: 'messages', units: amountOf(1.5) }]
  const track = { kind: 'track', items, overage: 'cap', entityId: null, eventName: null, properties: null, timestamp: null } as const
  expect(await engine.execute('ann', track, { operation: { id: 'track ann', fingerprint: 'input' } })).toMatchObject({
    code: 'operation_done',
  })
  expect(await engine.execute('ann', { kind: 'release', holdId: 'running' })).toMatchObject({ ok: true })
})

it('finds everything present when it imports the same again', async () => {
  const to = memoryStore()
  const lines = await exported(await lived())
  await importLedger(to, lines)
  expect(await importLedger(to, lines)).toEqual({ imported: NOTHING, present: { customers: 3, entries: 16, operations: 12 } })
  expect(await exported(to)).toEqual(lines)
})

it('adds to a catalog what it lacks, and changes nothing that is there', async () => {
  const to = memoryStore()
  const own = catalogOf([metered('messages', { name: 'Own' }), metered('videos')], [])
  await to.saveCatalog(own, 0)
  await importLedger(to, await exported(await lived()))
  const merged = await to.catalog()
  expect([...(merged?.features.keys() ?? [])].sort()).toEqual(['credits', 'images', 'messages', 'videos'])
  expect(merged?.features.get('messages')?.name).toBe('Own')
  expect(merged?.version).toBe(2)
})

it('refuses a customer that is there with other entries', async () => {
  const lines = await exported(await lived())
  const [others, more] = [await lived(), memoryStore()]
  expect(await failureOf(others, lines)).toMatch(/^line 4: customer 'ann' is in the store, and its entry 1 is another$/)
  await importLedger(more, lines)
  await createEngine({ store: more, catalog }).execute('ann', { kind: 'release', holdId: 'running' })
  expect(await failureOf(more, lines)).toBe(
    "line 3: customer 'ann' is in the store with 6 entries, and here with 5: import it into a store without it",
  )
})

it('leaves out an operation that happened after its customer was written', async () => {
  const lines = (await exported(await lived(), 'ann')).map((line) => line.replace('"seq":5,"result"', '"seq":6,"result"'))
  const to = memoryStore()
  await importLedger(to, lines)
  expect(await to.operation('committed ann')).toBeNull()
  expect(await to.operation('track ann')).not.toBeNull()
})

it.each([
  ['nothing', () => [], 'line 1: the file ends before its last line: it was cut off'],
  ['text', () => ['hello'], 'line 1: it is not JSON'],
  ['a list', () => ['[1, 2]'], 'line 1: it is not an object with one key'],
  ['a line of something else', () => ['{"songs":[]}'], "line 1: 'songs' is nothing that a ledger file has"],
  [
    'a newer format',
    () => ['{"tollgate":{"file":"ledger","format":2}}'],
    'line 1: the file has format 2, and this Tollgate reads format 1',
  ],
  ['a file without its first line', (lines: readonly string[]) => lines.slice(1), 'line 1: the file does not begin as a ledger file does'],
  ['two files in one', (lines: readonly string[]) => [...lines, ...lines], "line 35: 'tollgate' does not belong here"],
  [
    'a customer without an entry',
    (lines: readonly string[]) => without(lines, 7),
    "line 8: customer 'ann' has 5 entries, and only 4 stand here",
  ],
  [
    'an entry out of turn',
    (lines: readonly string[]) => swapped(lines, 4, 5),
    /^line 5: customer 'ann', entry 3: it does not follow entry 1$/,
  ],
  ['an entry of nobody', (lines: readonly string[]) => without(lines, 2), 'line 3: it belongs to no customer'],
  [
    'an amount that is none',
    (lines: readonly string[]) => replaced(lines, 4, '"amount":"1.5"', '"amount":"1e5"'),
    'line 5: entry: changes.0.use.payments.0.amount: write an amount as decimal text, with at most ten decimal places',
  ],
  [
    'units out of nothing',
    (lines: readonly string[]) => replaced(lines, 7, '"kept":[{', '"kept":[],"returned":[],"extra":[{'),
    /^line 8: customer 'ann', entry 5: grant '.*' holds /,
  ],
  [
    'more kept than was held',
    (lines: readonly string[]) => replaced(lines, 7, '"amount":"20"', '"amount":"21"'),
    /^line 8: customer 'ann', entry 5: grant '.*' /,
  ],
  [
    'a field too many',
    (lines: readonly string[]) => replaced(lines, 4, '"use":{', '"use":{"extra":1,'),
    /^line 5: entry: changes\.0\.use: Unrecognized key/,
  ],
  [
    'a change that does not exist',
    (lines: readonly string[]) => replaced(lines, 4, '"kind":"used"', '"kind":"stolen"'),
    /^line 5: entry: changes\.0\.kind: Invalid option/,
  ],
  [
    'a count that is wrong',
    (lines: readonly string[]) => replaced(lines, 33, '"customers":3', '"customers":4'),
    'line 34: the file should hold 4 customers, and held 3',
  ],
])('names the line of %s', async (_, damage, message) => {
  const to = memoryStore()
  expect(await failureOf(to, damage(await exported(await lived())))).toMatch(message)
  expect((await verify(to)).faults).toEqual([])
})

it('imports whole customers alone, wherever a file was cut off', async () => {
  const lines = await exported(await lived())
  for (let end = 0; end < lines.length; end++) {
    const to = memoryStore()
    expect(await failureOf(to, lines.slice(0, end))).toBe(`line ${end + 1}: the file ends before its last line: it was cut off`)
    const whole = [8, 14, 21].filter((last) => last <= end).length
    expect(await verify(to)).toMatchObject({ customers: whole, faults: [] })
  }
})

it('leaves a sound store whatever a file holds', async () => {
  const lines = await exported(await lived())
  const edit = fc.record({
    line: fc.nat(lines.length - 1),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    text: fc.constantFrom('', '0', '9', '-', '"', 'null', '{', ','),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
      const damaged = [...lines]
      for (const { line, at, text } of edits) {
        const before = damaged[line] ?? ''
        const index = Math.floor(at * before.length)
        damaged[line] = before.slice(0, index) + text + before.slice(index + 1)
      }
      const to = memoryStore()
      await importLedger(to, damaged).catch((error: unknown) => expect(error).toBeInstanceOf(LedgerFileError))
      expect((await verify(to)).faults).toEqual([])
    }),
    { numRuns: 300 },
  )
})

function without(lines: readonly string[], index: number): readonly string[] {
  return lines.toSpliced(index, 1)
}

function swapped(lines: readonly string[], a: number, b: number): readonly string[] {
  return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '')
}

function replaced(lines: readonly string[], index: number, text: string, by: string): readonly string[] {
  expect(lines[index]).toContain(text)
  return lines.with(index, lines[index]?.replace(text, by) ?? '')
}
