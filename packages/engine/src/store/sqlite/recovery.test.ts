import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { applyEntry } from '../../core/evolve.ts'
import { counting, operation } from '../contract/works.fixture.ts'
import { memoryStore } from '../memory/memoryStore.ts'
import type { Store, Work } from '../store.ts'
import { crashedCopy, temporaryFolder } from './folder.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

/** One of few customers, so that entries of one stand before, in and after a fold. */
const customer = fc.integer({ min: 0, max: 5 }).map((index) => `customer ${index}`)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('batch' as const),
      works: fc.array(fc.record({ customer, named: fc.boolean() }), { maxLength: 8 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
)

it('holds what a store in memory holds, whenever it crashes and wherever a fold stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const model = memoryStore()
      let path = join(temporaryFolder(), 'usage.db')
      const open = () => sqliteStore(path, { foldAfter: 7, cachedCustomers: 3, sliceMs: 0 })
      let store = open()
      let named = 0
      for (const each of steps) {
        if (each.kind === 'batch') {
          const works = each.works.map(({ customer: id, named: hasOperation }) =>
            workOf(id, hasOperation ? `operation ${named++ % 9}` : null),
          )
          await store.transact(works)
          await model.transact(works)
        } else if (each.kind === 'turns') {
          for (let turn = 0; turn < each.count; turn++) await nextTurn()
        } else {
          if (each.kind === 'close') await store.close()
          const before = store
          path = crashedCopy(path)
          store = open()
          if (each.kind === 'crash') await before.close()
          expect(await contentsOf(store)).toEqual(await contentsOf(model))
        }
      }
      expect(await contentsOf(store)).toEqual(await contentsOf(model))
      await store.close()
      store = open()
      expect(await contentsOf(store)).toEqual(await contentsOf(model))
      await store.close()
    }),
    { numRuns: 40 },
  )
})

it('holds whole batches up to where a power failure cut the log', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  const store = sqliteStore(path, { foldAfter: 20, sliceMs: 0 })
  for (let batch = 0; batch < 30; batch++) {
    await store.transact(Array.from({ length: 5 }, (_, index) => workOf(`customer ${index}`, `operation ${batch % 4} ${index}`)))
    await nextTurn()
  }
  const whole = statSync(`${path}-wal`).size
  for (let part = 0; part <= 24; part++) {
    const copy = crashedCopy(path)
    truncateSync(`${copy}-wal`, Math.floor((whole * part) / 24))
    const recovered = sqliteStore(copy)
    const { customers, entries } = await contentsOf(recovered)
    expect(entries.length % 5).toBe(0)
    for (const state of customers) expect(state.seq).toBe(entries.length / 5)
    expect(customers).toEqual(foldOf(entries))
    if (part === 24) expect(entries).toHaveLength(150)
    await recovered.transact([workOf('customer 0', null)])
    await recovered.close()
  }
  await store.close()
})

it('saves everything when it is closed, also in the middle of a fold', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  for (let opening = 1; opening <= 3; opening++) {
    const store = sqliteStore(path, { foldAfter: 2, sliceMs: 0 })
    for (const id of ['ann', 'bob']) await store.transact([workOf(id, `operation ${id}`)])
    await nextTurn()
    await store.transact([workOf('ann', 'operation')])
    await store.close()
    expect(statSync(`${path}-wal`, { throwIfNoEntry: false })).toBeUndefined()
    const database = new DatabaseSync(path, { readOnly: true })
    expect(database.prepare('SELECT entries, operations FROM fold_mark').get()).toEqual({ entries: 3 * opening, operations: 3 * opening })
    const saved = database
      .prepare("SELECT json_extract(document, '$.id') AS id, json_extract(document, '$.seq') AS seq FROM states ORDER BY id")
      .all()
    expect(saved).toEqual([
      { id: 'ann', seq: 2 * opening },
      { id: 'bob', seq: opening },
    ])
    database.close()
  }
})

function workOf(customerId: string, operationId: string | null): Work {
  const count = counting(customerId)
  return {
    customerId,
    operationId,
    run(state, known) {
      const effect = count(state, known)
      if (operationId === null) return effect
      // What is remembered of an operation depends on what was remembered: a lost record would show.
      const times = Number(known?.result ?? 0) + 1
      return { ...effect, operation: operation(operationId, customerId, { result: String(times), seq: effect.entry?.seq ?? null }) }
    },
  }
}

async function contentsOf(store: Store): Promise<{
  readonly customers: readonly CustomerState[]
  readonly entries: readonly Entry[]
  readonly byCustomer: readonly (readonly Entry[])[]
  readonly operations: readonly unknown[]
}> {
  const { items: customers } = await store.customers({ order: 'oldest', limit: 1_000 })
  const { items: entries } = await store.entries({ order: 'oldest', limit: 10_000 })
  const byCustomer: (readonly Entry[])[] = []
  for (const { id } of customers) byCustomer.push((await store.entries({ customerId: id, order: 'oldest', limit: 10_000 })).items)
  const operations: unknown[] = []
  for (let index = 0; index < 9; index++) operations.push(await store.operation(`operation ${index}`))
  return { customers, entries, byCustomer, operations }
}

function foldOf(entries: readonly Entry[]): readonly CustomerState[] {
  const states = new Map<string, CustomerState>()
  for (const entry of entries) states.set(entry.customerId, applyEntry(states.get(entry.customerId) ?? null, entry))
  return [...states.values()]
}
