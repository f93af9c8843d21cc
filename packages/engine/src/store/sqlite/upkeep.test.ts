import { join } from 'node:path'
import { expect, it } from 'vitest'
import { counting } from '../contract/works.fixture.ts'
import type { Work } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

const works: readonly Work[] = ['ann', 'bob', 'cid', 'dan'].map((id) => ({ customerId: id, operationId: null, run: counting(id) }))

it('holds batches up, in their order, while folding falls behind', async () => {
  const store = sqliteStore(join(temporaryFolder(), 'usage.db'), { foldAfter: 4, sliceMs: 0 })
  // The first is taken by a fold, which gets no turn before the others come.
  const written = Array.from({ length: 5 }, () => store.transact(works))
  expect(written.map((each) => each instanceof Promise)).toEqual([false, false, true, true, true])
  expect(await store.customer('dan')).toMatchObject({ seq: 2 })
  await Promise.all(written)
  expect(await store.customer('dan')).toMatchObject({ seq: 5 })
  await store.close()
})
