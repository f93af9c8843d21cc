import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { counting } from '../contract/works.fixture.ts'
import type { Work } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { createLogSync } from './logSync.ts'
import { openDatabase } from './openDatabase.ts'
import { sqliteStore } from './sqliteStore.ts'

/** A log whose disk does what the test says, when it says so. */
function opened() {
  const path = join(temporaryFolder(), 'usage.db')
  const database = openDatabase(path)
  onTestFinished(() => database.close())
  database.exec('CREATE TABLE notes (text TEXT)')
  const disk: ((error: Error | null) => void)[] = []
  const logSync = createLogSync(database, path, (_file, done) => disk.push(done))
  const log: string[] = []
  const wait = (name: string): Promise<void> =>
    logSync.synced().then(
      () => void log.push(`${name} is on the disk`),
      (error: unknown) => void log.push(`${name}: ${String(error)}`),
    )
  return { path, database, logSync, disk, log, wait }
}
const failed = Object.assign(new Error('EIO'), { code: 'EIO' })

it('waits once for all that was written before the wait began', async () => {
  const { disk, log, wait } = opened()
  const first = wait('a')
  const second = [wait('b'), wait('c')]
  expect(disk).toHaveLength(1)
  disk[0]?.(null)
  await first
  expect([log, disk.length]).toEqual([['a is on the disk'], 2])
  disk[1]?.(null)
  await Promise.all(second)
  expect(log).toEqual(['a is on the disk', 'b is on the disk', 'c is on the disk'])
})

it('believes nothing after a failure, until the log is in the database file', async () => {
  const { path, database, logSync, disk, log, wait } = opened()
  database.exec("INSERT INTO notes VALUES ('kept')")
  const all = [wait('a'), wait('b')]
  disk[0]?.(failed)
  await Promise.all(all)
  const sentence = `StoreUnavailableError: the disk failed under '${path}'. See the system's log`
  expect([log, disk.length]).toEqual([[`a: ${sentence}`, `b: ${sentence}`], 1])

  const reader = new DatabaseSync(path)
  reader.exec('BEGIN; SELECT * FROM notes')
  database.exec("INSERT INTO notes VALUES ('later')")
  // As long as somebody reads the old file, the log cannot be copied whole.
  expect(() => logSync.mend()).toThrow('the disk failed')
  reader.close()
  logSync.mend()
  const again = wait('c')
  disk[1]?.(null)
  await again
  expect(log.at(-1)).toBe('c is on the disk')
})

it('lets the file go once nobody waits', async () => {
  const { logSync, disk, log, wait } = opened()
  void wait('a')
  const closed = logSync.close().then(() => log.push('closed'))
  await nextTurn()
  expect(log).toEqual([])
  disk[0]?.(null)
  await closed
  expect(log).toEqual(['a is on the disk', 'closed'])
})

it('holds up a batch only if the caller cannot go on meanwhile', async () => {
  const store = sqliteStore(join(temporaryFolder(), 'usage.db'))
  const log: string[] = []
  const write = (relaxed: boolean, whenWritten?: () => void) => {
    const work: Work = { customerId: 'ann', operationId: null, run: counting('ann'), relaxed }
    return store.transact([work], whenWritten)
  }
  const written = (): void => void log.push('written')
  expect(write(false)).toBeUndefined()
  expect(write(true, written)).toBeUndefined()
  const durable = write(false, written)
  expect(durable).toBeInstanceOf(Promise)
  expect(log).toEqual(['written', 'written'])
  expect(await store.customer('ann')).toMatchObject({ seq: 3 })
  await durable
  await store.close()
})

it('takes no batch on top of one that may be lost with the power', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  const store = sqliteStore(path)
  const write = (whenWritten?: () => void) => store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }], whenWritten)
  write()
  const reader = new DatabaseSync(path)
  reader.exec('BEGIN; SELECT * FROM entries')
  // SQLite goes on with the file that it holds; nobody else can bring it onto the disk any more.
  unlinkSync(`${path}-wal`)
  await expect(write(() => {})).rejects.toMatchObject({ name: 'StoreUnavailableError', outcome: 'unknown' })
  expect(() => write()).toThrow('the disk failed')
  expect(await store.customer('ann')).toMatchObject({ seq: 2 })
  reader.close()
  write()
  await store.close()
  const opened = sqliteStore(path)
  expect(await opened.customer('ann')).toMatchObject({ seq: 3 })
  await opened.close()
})
