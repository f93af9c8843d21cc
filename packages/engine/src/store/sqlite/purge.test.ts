import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { effectOf, operation } from '../contract/works.fixture.ts'
import type { Store } from '../store.ts'
import { crashedCopy, temporaryFolder } from './folder.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

const remember = (store: Store, expiresAt: number, ids: readonly string[]) =>
  store.transact(ids.map((id) => ({ customerId: 'ann', operationId: id, run: () => effectOf(operation(id, 'ann', { expiresAt })) })))

/** Lets the work behind the path take turns until an operation is forgotten. */
async function forgotten(store: Store, operationId: string): Promise<void> {
  for (let turns = 0; turns < 1_000 && (await store.operation(operationId)) !== null; turns++) await nextTurn()
  expect(await store.operation(operationId)).toBeNull()
}

it('forgets operations that have expired, and the places where they stood', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  let now = 1_000
  const store = sqliteStore(path, { clock: () => now, foldAfter: 600 })
  await remember(store, 2_000, idsOf('early'))
  now = 2_000
  await remember(store, 3_000, idsOf('late'))
  await forgotten(store, 'early 599')
  expect(await store.operation('early 0')).toBeNull()
  expect(await store.operation('late 0')).not.toBeNull()
  await store.close()
  const database = new DatabaseSync(path, { readOnly: true })
  expect(database.prepare('SELECT count(*) AS count FROM operations').get()).toEqual({ count: 600 })
  expect(database.prepare('SELECT count(*) AS count FROM operation_positions').get()).toEqual({ count: 600 })
  database.close()
})

it('keeps a living record of an id whose earlier record has expired', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  let now = 1_000
  const store = sqliteStore(path, { clock: () => now, foldAfter: 3 })
  await remember(store, 2_000, ['again'])
  await remember(store, 2_000, ['other'])
  now = 2_500
  await remember(store, 4_000, ['again'])
  await forgotten(store, 'other')
  expect(await store.operation('again')).toMatchObject({ expiresAt: 4_000 })
  await store.close()
  const reopened = sqliteStore(path, { clock: () => now })
  expect(await reopened.operation('again')).toMatchObject({ expiresAt: 4_000 })
  await reopened.close()
})

it('waits with records that were not folded yet, so that nothing is left of them afterwards', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  let now = 1_000
  const store = sqliteStore(path, { clock: () => now, foldAfter: 600 })
  await remember(store, 2_000, idsOf('early'))
  now = 2_000
  await remember(store, 1_500, ['late to the party'])
  await forgotten(store, 'early 599')
  await store.close()
  const database = new DatabaseSync(path, { readOnly: true })
  const dangling = 'SELECT count(*) AS count FROM operation_positions WHERE position NOT IN (SELECT position FROM operations)'
  expect(database.prepare(dangling).get()).toEqual({ count: 0 })
  database.close()
})

it('gives no position out again when every record was forgotten', async () => {
  let path = join(temporaryFolder(), 'usage.db')
  let now = 1_000
  const first = sqliteStore(path, { clock: () => now, foldAfter: 1 })
  await remember(first, 2_000, ['one'])
  now = 3_000
  await remember(first, 2_500, ['two'])
  await forgotten(first, 'two')
  await first.close()
  const second = sqliteStore(path, { clock: () => now })
  await remember(second, 9_000, ['three'])
  // What was folded once would not be replayed again: the record would be lost.
  path = crashedCopy(path)
  const third = sqliteStore(path, { clock: () => now })
  expect(await third.operation('three')).toMatchObject({ id: 'three' })
  await second.close()
  await third.close()
})

function idsOf(kind: string): readonly string[] {
  return Array.from({ length: 600 }, (_, index) => `${kind} ${index}`)
}
