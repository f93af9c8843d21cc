import { join } from 'node:path'
import { expect, it } from 'vitest'
import { counting, operation } from '../contract/works.fixture.ts'
import type { Work } from '../store.ts'
import { createFold } from './fold.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { findResident } from './memory.ts'
import { openParts } from './parts.fixture.ts'
import { createWriter } from './writer.ts'

const CUSTOMERS = ['ann', 'bob', 'cid', 'dan']

function works(): readonly Work[] {
  return CUSTOMERS.map((id) => {
    const count = counting(id)
    const run: Work['run'] = (state, known) => ({
      ...count(state, known),
      operation: operation(`operation ${id}`, id, { seq: (state?.seq ?? 0) + 1 }),
    })
    return { customerId: id, operationId: null, run }
  })
}

/** A ledger to fold, and a fold of one task a slice. */
function prepared() {
  const { database, memory, transactions } = openParts(join(temporaryFolder(), 'usage.db'))
  const write = createWriter(memory, transactions)
  write(works())
  write(works())
  const disk = { full: false }
  const fold = createFold(
    database,
    {
      ...transactions,
      lazy(act) {
        transactions.lazy(() => {
          act()
          if (disk.full) throw new Error('the disk is full')
        })
      },
    },
    memory,
    0,
  )
  const count = (table: string): number => Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
  const folded = () => ({ entries: count('entry_positions'), states: count('states'), operations: count('operation_positions') })
  const saved = () =>
    database
      .prepare("SELECT json_extract(document, '$.seq') AS seq FROM states")
      .all()
      .map(({ seq }) => seq)
  const found = () =>
    CUSTOMERS.map((id) => {
      const number = findResident(memory, id)?.number ?? 0
      const positions = memory.entryIndex.positions(number, { first: 1, last: 2, from: 0, until: 1e15 }).map(({ position }) => position)
      return [
        memory.entryIndex.positionOf(number, 1),
        memory.entryIndex.positionOf(number, 2),
        positions,
        memory.operationIndex.find(`operation ${id}`)?.seq,
      ]
    })
  return { database, memory, fold, write, folded, found, saved, disk }
}

const FOUND = [
  [1, 5, [1, 5], 2],
  [2, 6, [2, 6], 2],
  [3, 7, [3, 7], 2],
  [4, 8, [4, 8], 2],
]

it('lets everything be found at any time while it runs', () => {
  const { database, fold, found, folded } = prepared()
  expect(found()).toEqual(FOUND)
  fold.begin('everything')
  while (fold.running) {
    fold.slice()
    expect(found()).toEqual(FOUND)
  }
  expect(folded()).toEqual({ entries: 8, states: 4, operations: 4 })
  database.close()
})

it('repeats every task of a slice that failed', () => {
  const { database, fold, found, folded, disk } = prepared()
  fold.begin('everything')
  for (let slices = 0; fold.running; slices++) {
    disk.full = slices % 3 !== 2
    const before = folded()
    if (slices % 3 === 2) fold.slice()
    else {
      expect(() => fold.slice()).toThrow('the disk is full')
      expect(folded()).toEqual(before)
    }
    expect(found()).toEqual(FOUND)
  }
  expect(folded()).toEqual({ entries: 8, states: 4, operations: 4 })
  expect(database.prepare('SELECT entries, operations FROM fold_mark').get()).toEqual({ entries: 8, operations: 8 })
  database.close()
})

it('leaves to the next fold what came after it began', () => {
  const { database, memory, fold, write, folded, found, saved } = prepared()
  fold.begin('everything')
  fold.slice()
  write(works())
  while (fold.running) fold.slice()
  expect(folded().entries).toBe(8)
  expect(database.prepare('SELECT entries, operations FROM fold_mark').get()).toEqual({ entries: 8, operations: 8 })
  expect(found().map(([, , , seq]) => seq)).toEqual([3, 3, 3, 3])
  expect(memory.entryIndex.lastSeq(1)).toBe(3)
  fold.begin('everything')
  while (fold.running) fold.slice()
  expect(folded()).toEqual({ entries: 12, states: 4, operations: 8 })
  expect(saved()).toEqual([3, 3, 3, 3])
  expect(found().map(([, , , seq]) => seq)).toEqual([3, 3, 3, 3])
  database.close()
})

it('saves a state only when it is due, counted from when it was saved last', () => {
  const { database, memory, fold, write, saved } = prepared()
  const all = (extent: 'what is due' | 'everything'): void => {
    fold.begin(extent)
    while (fold.running) fold.slice()
  }
  all('what is due')
  expect(saved()).toEqual([])
  // Read from the file again, the customers are two entries ahead of what was saved of them: nothing.
  for (const id of CUSTOMERS) {
    memory.residents.remove(id)
    findResident(memory, id)
  }
  all('everything')
  expect(saved()).toEqual([2, 2, 2, 2])
  write(works())
  all('what is due')
  expect(saved()).toEqual([2, 2, 2, 2])
  all('everything')
  expect(saved()).toEqual([3, 3, 3, 3])
  database.close()
})

it('saves nothing of a customer whom a failed batch has made unknown', () => {
  const { database, memory, fold, folded, saved } = prepared()
  fold.begin('everything')
  // The entries come first: the states that are to be saved are known by then, and not written.
  while (folded().states === 0) fold.slice()
  const bob = findResident(memory, 'bob')
  if (bob === null) throw new Error('bob exists')
  bob.state = { ...bob.state, seq: 99 }
  memory.residents.remove('bob')
  while (fold.running) fold.slice()
  expect(saved()).toEqual([2, 2, 2])
  expect(findResident(memory, 'bob')?.state.seq).toBe(2)
  database.close()
})
