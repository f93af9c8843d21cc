import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openStore } from '../openStore.ts'
import { StoreUnavailableError } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { openDatabase } from './openDatabase.ts'
import { sqliteStore } from './sqliteStore.ts'

/** What SQLite calls it. */
const FULL = 2
const open = (path: string) => openStore(`file:${path}`, Date.now)

it.each([
  [
    'a directory',
    (folder: string) => folder,
    (path: string) => `'${path}' is a directory. Name a file in it, such as 'file:${path}/usage.db'`,
  ],
  [
    'a place in a folder that does not exist',
    (folder: string) => join(folder, 'missing', 'usage.db'),
    (path: string) => `the folder '${join(path, '..')}' does not exist. Create it, or name another`,
  ],
  [
    'a place under a file',
    (folder: string) => {
      writeFileSync(join(folder, 'file'), '')
      return join(folder, 'file', 'usage.db')
    },
    (path: string) => `'${join(path, '..')}' is not a folder. Name another place for 'usage.db'`,
  ],
  [
    'a file that is no database',
    (folder: string) => written(folder, 'hello, I am a text file '.repeat(100)),
    (path: string) => `'${path}' is not a SQLite database. Name another file`,
  ],
  ['the database of another program', foreign, (path: string) => `'${path}' is the SQLite database of another program. Name another file`],
])('refuses %s in a sentence', async (_, prepare, sentence) => {
  const path = prepare(temporaryFolder())
  await expect(open(path)).rejects.toThrow(new StoreUnavailableError(sentence(path), 'nothing_happened'))
})

it('puts a commit on the disk before it returns', () => {
  const database = openDatabase(join(temporaryFolder(), 'usage.db'))
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: FULL })
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
})

it('leaves a file as it is that is not its own', async () => {
  const path = written(temporaryFolder(), 'hello, I am a text file '.repeat(100))
  await expect(open(path)).rejects.toThrow()
  expect(readFileSync(path, 'utf8')).toMatch(/^hello/)
})

it('refuses a folder that may not be written to', () => {
  const folder = temporaryFolder()
  const closed = join(folder, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o555)
  chmodSync(folder, 0o755)
  // Root may write everywhere: another user has to try.
  const isRoot = process.getuid?.() === 0
  const script = `import(process.argv[1]).then(({ databasePathOf }) => databasePathOf(process.argv[2])).then(() => 'opened', (error) => error.message).then(console.log)`
  const module = new URL('./databasePath.ts', import.meta.url).href
  const { stdout } = spawnSync(
    process.execPath,
    ['--conditions=@tollgate/source', '--input-type=module', '--eval', script, module, join(closed, 'usage.db')],
    {
      encoding: 'utf8',
      cwd: '/',
      ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
    },
  )
  expect(stdout).toBe(`the folder '${closed}' may not be written to. Give this process the right to, or name another\n`)
})

it('tells of a damaged file when it meets the damage', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  await sqliteStore(path).close()
  const file = openSync(path, 'r+')
  // All but the header, which says that it is a database.
  writeSync(file, Buffer.alloc(32_000, 0xa5), 0, 32_000, 100)
  await expect(open(path)).rejects.toThrow(`'${path}' is damaged. Restore a copy, or import an export`)
})

it('refuses a URL that names no file', async () => {
  await expect(openStore('file:', Date.now)).rejects.toThrow('names no file: write file:usage.db')
  await expect(openStore('usage.db', Date.now)).rejects.toThrow("'usage.db' names no store: write file:usage.db")
})

it('takes URLs and paths alike', async () => {
  const folder = temporaryFolder()
  const store = await openStore(new URL(`file://${folder}/with%20space.db`).href, Date.now)
  await store.close()
  expect(readFileSync(join(folder, 'with space.db')).subarray(0, 6).toString()).toBe('SQLite')
})

it('knows a file by whatever name it is called', () => {
  const folder = temporaryFolder()
  const store = sqliteStore(join(folder, 'usage.db'))
  symlinkSync(join(folder, 'usage.db'), join(folder, 'alias.db'))
  symlinkSync(folder, join(folder, 'around'))
  for (const name of ['usage.db', './usage.db', 'alias.db', 'around/usage.db', 'around/around/alias.db']) {
    expect(() => sqliteStore(join(folder, name))).toThrow('is in use')
  }
  return store.close()
})

function written(folder: string, text: string): string {
  const path = join(folder, 'usage.db')
  writeFileSync(path, text)
  return path
}

function foreign(folder: string): string {
  const path = join(folder, 'usage.db')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE songs (title TEXT)')
  database.close()
  return path
}
