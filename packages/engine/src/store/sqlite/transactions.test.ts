import { join } from 'node:path'
import { expect, it } from 'vitest'
import { StoreUnavailableError } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { openDatabase } from './openDatabase.ts'
import { createTransactions } from './transactions.ts'

function opened() {
  const database = openDatabase(join(temporaryFolder(), 'usage.db'))
  database.exec('CREATE TABLE notes (text TEXT UNIQUE)')
  const transactions = createTransactions(database, 'usage.db')
  const synchronous = (): unknown => database.prepare('PRAGMA synchronous').get()?.['synchronous']
  const notes = (): number => database.prepare('SELECT text FROM notes').all().length
  return { database, transactions, synchronous, notes, note: database.prepare('INSERT INTO notes VALUES (?)') }
}
const [NORMAL, FULL] = [1, 2]

it('waits for the disk, unless what is written can be made again', () => {
  const { database, transactions, synchronous } = opened()
  const seen: unknown[] = []
  transactions.durable(() => seen.push(synchronous()))
  transactions.lazy(() => seen.push(synchronous()))
  expect(() =>
    transactions.lazy(() => {
      throw new Error('a mistake')
    }),
  ).toThrow('a mistake')
  transactions.durable(() => seen.push(synchronous()))
  expect(seen).toEqual([FULL, NORMAL, FULL])
  database.close()
})

it('leaves nothing behind of what failed, and goes on', () => {
  const { database, transactions, notes, note } = opened()
  transactions.durable(() => note.run('one'))
  const failing = (): void =>
    transactions.durable(() => {
      note.run('two')
      note.run('one')
    })
  expect(failing).toThrow(StoreUnavailableError)
  expect(notes()).toBe(1)
  transactions.durable(() => note.run('two'))
  expect(notes()).toBe(2)
  database.close()
})

it('says that nothing happened when a write failed, and that nobody knows when a commit did', () => {
  const { database, transactions, note } = opened()
  const outcomeOf = (act: () => void): unknown => {
    try {
      act()
      return null
    } catch (error) {
      return error instanceof StoreUnavailableError ? error.outcome : error
    }
  }
  transactions.durable(() => note.run('one'))
  expect(outcomeOf(() => transactions.durable(() => note.run('one')))).toBe('nothing_happened')
  database.exec(
    'CREATE TABLE later (id INTEGER REFERENCES none (id) DEFERRABLE INITIALLY DEFERRED); CREATE TABLE none (id INTEGER PRIMARY KEY)',
  )
  // A constraint that is checked at the end: the commit itself fails.
  database.exec('PRAGMA foreign_keys = ON')
  expect(outcomeOf(() => transactions.durable(() => database.exec('INSERT INTO later VALUES (1)')))).toBe('unknown')
  expect(database.isTransaction).toBe(false)
  database.close()
})
