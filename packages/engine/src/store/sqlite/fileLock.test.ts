import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { StoreUnavailableError } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

const inUse = (path: string): StoreUnavailableError =>
  new StoreUnavailableError(
    `'${path}' is in use: only one process at a time can keep usage in a SQLite file. To share it between processes, use PostgreSQL: 'postgres://…'`,
    'nothing_happened',
  )

it('refuses a second store on a file, at once', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  const store = sqliteStore(path)
  const asked = performance.now()
  expect(() => sqliteStore(path)).toThrow(inUse(path))
  expect(performance.now() - asked).toBeLessThan(200)
  await store.close()
  await sqliteStore(path).close()
})

it('refuses a second process, until the first is killed', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  const holder = await holderOf(path)
  expect(() => sqliteStore(path)).toThrow(inUse(path))
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  await sqliteStore(path).close()
})

it('gives the file up when it is none to be opened', async () => {
  const path = join(temporaryFolder(), 'usage.db')
  writeFileSync(path, 'no database '.repeat(100))
  expect(() => sqliteStore(path)).toThrow('is not a SQLite database')
  rmSync(path)
  await sqliteStore(path).close()
})

/** A process that has the file open, and would for ever. */
async function holderOf(path: string): Promise<ChildProcess> {
  const script = `import(process.argv[1]).then(({ sqliteStore }) => { sqliteStore(process.argv[2]); process.stdout.write('open'); setInterval(() => {}, 1000) })`
  const module = new URL('./sqliteStore.ts', import.meta.url).href
  const holder = spawn(process.execPath, ['--conditions=@tollgate/source', '--input-type=module', '--eval', script, module, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return holder
}
