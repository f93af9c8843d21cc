import { expect, it } from 'vitest'
import { pageOf, pageQuery } from './pageQuery.ts'

const ROWS = [
  ['1', 'a'],
  ['1', 'b'],
  ['2', 'a'],
]

it('asks for one row more than the page holds, and continues after its last row', () => {
  const first = pageQuery('SELECT at, id FROM rows', ['at', 'id'], [['open = ?', true]], { order: 'oldest', limit: 2 })
  expect(first).toEqual({
    statement: { name: '', text: 'SELECT at, id FROM rows WHERE open = $1 ORDER BY at ASC, id ASC LIMIT $2' },
    values: [true, 3],
  })
  const page = pageOf(ROWS, 2, (row) => row)
  expect(page.items).toEqual(ROWS.slice(0, 2))
  const next = pageQuery('SELECT at, id FROM rows', ['at', 'id'], [], { order: 'newest', limit: 2, cursor: page.nextCursor ?? '' })
  expect(next).toEqual({
    statement: { name: '', text: 'SELECT at, id FROM rows WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3' },
    values: ['1', 'b', 3],
  })
})

it('ends where no row is left over', () => {
  expect(pageOf(ROWS, 3, (row) => row).nextCursor).toBeNull()
  expect(pageOf([], 3, (row) => row)).toEqual({ items: [], nextCursor: null })
})

it('finds nothing after a cursor of another list, or after none at all', () => {
  const other = pageOf(ROWS, 2, (row) => row.slice(0, 1)).nextCursor ?? ''
  for (const cursor of [other, '', 'nonsense', '12', Buffer.from('[1,2]').toString('base64url')])
    expect(pageQuery('SELECT at, id FROM rows', ['at', 'id'], [], { order: 'oldest', limit: 2, cursor })).toBeNull()
})
