import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createEntryIndex } from './entryIndex.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { openDatabase } from './openDatabase.ts'

it('finds entries of one customer in the table, in a fold and after it, as if they stood in one list', () => {
  const database = openDatabase(join(temporaryFolder(), 'usage.db'))
  const index = createEntryIndex(database)
  const put = database.prepare('INSERT INTO entry_positions VALUES (?, ?, ?, ?)')
  let position = 0
  const note = (seq: number): void => {
    for (const number of [1, 2]) index.note({ number, seq, at: seq * 10, position: ++position })
  }
  for (const seq of [1, 2]) for (const number of [1, 2]) put.run(number, seq, seq * 10, ++position)
  for (const seq of [3, 4, 5]) note(seq)
  const taken = index.take()
  expect(index.unfolded).toBe(0)
  for (const seq of [6, 7]) note(seq)
  expect(index.unfolded).toBe(4)

  const seqs = (first: number, last: number, from = 0, until = 1_000) =>
    index.positions(2, { first, last, from, until }).map(({ seq, position: at }) => [seq, at])
  const all = [1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, seq * 2])
  for (let first = 1; first <= 8; first++) {
    for (let last = first - 1; last <= 8; last++) expect(seqs(first, last)).toEqual(all.slice(first - 1, last))
  }
  expect(seqs(1, 7, 20, 70)).toEqual(all.slice(1, 6))
  expect([0, 1, 2, 3, 5, 6, 7, 8].map((seq) => index.positionOf(2, seq))).toEqual([null, 2, 4, 6, 10, 12, 14, null])
  expect([index.lastSeq(1), index.lastSeq(2), index.lastSeq(3)]).toEqual([7, 7, 0])

  const rows = [...taken.notes.inOrder()].map((place) => taken.notes.rowAt(place))
  expect(rows).toEqual([1, 2].flatMap((number) => [3, 4, 5].map((seq) => [number, seq, seq * 10, seq * 2 - 2 + number])))
  for (const row of rows) put.run(...row)
  taken.drop()
  expect(seqs(1, 8)).toEqual(all)
  expect(index.lastSeq(2)).toBe(7)
  database.close()
})
