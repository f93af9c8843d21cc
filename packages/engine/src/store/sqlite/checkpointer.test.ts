import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { counting } from '../contract/works.fixture.ts'
import type { Work } from '../store.ts'
import { createCheckpointer } from './checkpointer.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { openParts } from './parts.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

function opened() {
  const path = join(temporaryFolder(), 'usage.db')
  const { database, transactions } = openParts(path)
  database.exec('CREATE TABLE noise (text TEXT)')
  const insert = database.prepare('INSERT INTO noise VALUES (?)')
  const write = (pages: number): void => transactions.lazy(() => void insert.run('x'.repeat(pages * 4_096)))
  const checkpointer = createCheckpointer(database, path)
  return { database, path, write, checkpointer }
}

/** Writes in every turn, until writers are asked to pause. */
async function restless({ write, checkpointer }: ReturnType<typeof opened>): Promise<void> {
  write(1_000)
  while (checkpointer.pause === undefined) {
    // A pass that happens to meet nobody ends the checkpoint: another begins.
    checkpointer.request()
    write(1)
    await nextTurn()
  }
}

it('asks writers who never rest to pause, and the log starts over', async () => {
  const parts = opened()
  const { database, path, write, checkpointer } = parts
  await restless(parts)
  await checkpointer.pause
  expect(checkpointer.pause).toBeUndefined()
  const before = statSync(`${path}-wal`).size
  write(10)
  expect(statSync(`${path}-wal`).size).toBe(before)
  await checkpointer.close()
  database.close()
})

it('lets those go on who wait when it is closed', async () => {
  const parts = opened()
  await restless(parts)
  const { pause } = parts.checkpointer
  await parts.checkpointer.close()
  await pause
  expect(parts.checkpointer.pause).toBeUndefined()
  parts.database.close()
})

it('lets writers go on when a reader keeps it from the last pages, and moves them later', async () => {
  const parts = opened()
  const { database, path, write, checkpointer } = parts
  write(300)
  const reader = new DatabaseSync(path)
  reader.exec('BEGIN; SELECT count(*) FROM noise')
  await restless(parts)
  await checkpointer.pause
  const before = statSync(`${path}-wal`).size
  write(10)
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(before)
  reader.exec('COMMIT')
  await restless(parts)
  await checkpointer.pause
  const later = statSync(`${path}-wal`).size
  write(10)
  expect(statSync(`${path}-wal`).size).toBe(later)
  reader.close()
  await checkpointer.close()
  database.close()
})

it('puts batches off while it pauses them, and keeps their order', async () => {
  const store = sqliteStore(join(temporaryFolder(), 'usage.db'))
  const seen: number[] = []
  const use = (id: string): Work => ({ customerId: id, operationId: null, relaxed: true, run: counting(id) })
  const noting: Work = {
    ...use('ann'),
    run(...given) {
      const effect = counting('ann')(...given)
      seen.push(effect.state?.seq ?? 0)
      return effect
    },
  }
  let putOff: readonly (void | Promise<void>)[] = []
  for (let batch = 0; putOff.length === 0; batch++) {
    // A pause begins between two turns.
    await nextTurn()
    const first = store.transact([noting])
    if (first instanceof Promise) putOff = [first, store.transact([noting]), store.transact([noting])]
    else await store.transact(Array.from({ length: 500 }, (_, index) => use(`customer ${batch} ${index}`)))
  }
  await Promise.all(putOff)
  expect(seen).toEqual([...seen.keys()].map((index) => index + 1))
  expect(await store.customer('ann')).toMatchObject({ seq: seen.length })
  await store.close()
})
