import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, vi } from 'vitest'
import { amountOf } from './core/amount.ts'
import { catalogOf, item, metered, plan } from './core/testing/catalogs.contract.ts'
import { createEngine } from './engine.ts'
import { memoryStore } from './store/memory/memoryStore.ts'
import { temporaryFolder } from './store/sqlite/folder.fixture.ts'
import { sqliteStore } from './store/sqlite/sqliteStore.ts'
import type { Store } from './store/store.ts'
import { verify } from './verify.ts'

const catalog = catalogOf([metered('messages')], [plan('free', [item('messages', 100, 'month')], { autoEnable: true })])

/** Three customers with a use, a commit, a release and a hold each; the last of them deleted. */
async function fill(store: Store): Promise<void> {
  const engine = createEngine({ store, catalog })
  const items = [{ featureId: 'messages', units: amountOf(3) }]
  const rest = { entityId: null, properties: null } as const
  for (const id of ['ann', 'bob', 'cid']) {
    await engine.execute(id, { kind: 'track', items, overage: 'reject', eventName: null, timestamp: null, ...rest }, { create: true })
    for (const holdId of ['one', 'two', 'three'])
      await engine.execute(id, {
        kind: 'reserve',
        holdId,
        operation: null,
        items,
        overage: 'reject',
        expiresAt: Date.now() + 60_000,
        ...rest,
      })
    await engine.execute(id, { kind: 'commit', holdId: 'one', units: [], overage: null, properties: null })
    await engine.execute(id, { kind: 'release', holdId: 'two' })
  }
  await engine.execute('cid', { kind: 'delete_customer' })
}

/** A file that was filled and closed, then tampered with, opened again. */
async function tampered(statement: string): Promise<Store> {
  const path = join(temporaryFolder(), 'usage.db')
  const store = sqliteStore(path)
  await fill(store)
  await store.close()
  const database = new DatabaseSync(path)
  expect(database.prepare(statement).run().changes).toBeGreaterThan(0)
  database.close()
  return sqliteStore(path)
}

it.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore(join(temporaryFolder(), 'usage.db'))],
])('finds nothing wrong with a sound ledger in %s, deleted customers included', async (_, open) => {
  const store = open()
  await fill(store)
  expect(await verify(store)).toEqual({ customers: 3, entries: 19, faults: [] })
  expect(await verify(store, { customerId: 'ann' })).toEqual({ customers: 1, entries: 6, faults: [] })
  expect(await verify(store, { customerId: 'nobody' })).toEqual({ customers: 0, entries: 0, faults: [] })
  await store.close()
})

it.each([
  [
    'units that were made',
    `UPDATE entries SET changes = replace(changes, '"amount":"3"', '"amount":"2"') WHERE customer_id = 'bob' AND changes LIKE '%"settled"%"committed"%'`,
    {
      customerId: 'bob',
      seq: 5,
      message: expect.stringMatching(/^customer 'bob', entry 5: grant '.*' holds 7\d*, but the open holds on it come to 6\d*$/),
    },
  ],
  [
    'an entry that was removed',
    "DELETE FROM entry_positions WHERE seq = 3 AND number = (SELECT number FROM customers WHERE id = 'bob')",
    { customerId: 'bob', seq: 3, message: "customer 'bob', entry 3: it is missing" },
  ],
  [
    'the last entries cut off',
    "DELETE FROM entry_positions WHERE seq > 4 AND number = (SELECT number FROM customers WHERE id = 'bob')",
    { customerId: 'bob', seq: 5, message: "customer 'bob', entry 5: it is missing" },
  ],
  [
    'an entry that is no text of ours',
    "UPDATE entries SET changes = 'garbage' WHERE customer_id = 'bob' AND seq = 4",
    { customerId: 'bob', seq: 4, message: expect.stringMatching(/^customer 'bob', entry 4: it cannot be read \(.*JSON.*\)$/) },
  ],
  [
    'a balance that was changed by hand',
    `UPDATE states SET document = replace(document, '"used":"6"', '"used":"0"') WHERE number = (SELECT number FROM customers WHERE id = 'bob')`,
    { customerId: 'bob', seq: null, message: "customer 'bob': the stored value of 'grants' is not what the entries lead to" },
  ],
])('names the first thing that is wrong: %s', async (_, statement, fault) => {
  const store = await tampered(statement)
  const { customers, faults } = await verify(store)
  expect(customers).toBe(3)
  expect(faults).toEqual([fault])
  await store.close()
})

it('finds entries that belong to no customer', async () => {
  const store = await tampered("DELETE FROM customers WHERE id = 'cid'")
  const faults = [{ customerId: null, seq: null, message: '7 of 19 entries belong to no customer' }]
  expect(await verify(store)).toEqual({ customers: 2, entries: 12, faults })
  await store.close()
})

it('tells how far it has come', async () => {
  const store = memoryStore()
  await fill(store)
  const onProgress = vi.fn()
  await verify(store, { onProgress })
  expect(onProgress.mock.calls.at(-1)).toEqual([
    { customers: 3, entries: 19 },
    { customers: 3, entries: 19 },
  ])
  expect(onProgress.mock.calls.map(([done]) => done.customers)).toEqual([1, 2, 3])
})

it('leaves entries for the next time that are recorded meanwhile', async () => {
  const store = memoryStore()
  await fill(store)
  const engine = createEngine({ store, catalog })
  const items = [{ featureId: 'messages', units: amountOf(1) }]
  const busy: Store = {
    ...store,
    async entries(query) {
      await engine.execute('ann', {
        kind: 'track',
        items,
        overage: 'cap',
        entityId: null,
        eventName: null,
        properties: null,
        timestamp: null,
      })
      return store.entries(query)
    },
  }
  expect((await verify(busy)).faults).toEqual([])
})
