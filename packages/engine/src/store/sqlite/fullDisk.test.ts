import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './folder.fixture.ts'
import { sqliteStore } from './sqliteStore.ts'

const prlimit = spawnSync('prlimit', ['--version']).status === 0

it.skipIf(!prlimit)('rejects what does not fit on the disk, and goes on once there is room', { timeout: 20_000 }, async () => {
  // needs prlimit to take the room away from a running process
  const path = join(temporaryFolder(), 'usage.db')
  const writer = startWriter(path)
  await writer.ask('write 20')
  limitFileSize(writer.process, 150_000)
  const full = await writer.ask('write until it fails')
  expect(full).toMatch(
    /^StoreUnavailableError: (the disk is full: '.*' could not be written\. Make room, then repeat the call|the disk failed under '.*'\. See the system's log)$/,
  )
  // A check is still answered, from what was written.
  const written = Number(await writer.ask('count'))
  expect(written).toBeGreaterThan(20)
  limitFileSize(writer.process, 'unlimited')
  expect(await writer.ask('write 20')).toBe('written')
  expect(await writer.ask('count')).toBe(String(written + 20))
  writer.process.kill('SIGKILL')
  await writer.ended
  const store = sqliteStore(path)
  expect((await store.customer('ann'))?.seq).toBe(written + 20)
  expect((await store.entries({ customerId: 'ann', order: 'oldest', limit: 10_000 })).items).toHaveLength(written + 20)
  await store.close()
})

interface Writer {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
  ask(command: string): Promise<string>
}

/** A process that writes on demand. */
function startWriter(path: string): Writer {
  const program = new URL('./fullDisk.fixture.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', program, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    process: child,
    ended: new Promise((resolve) => child.once('exit', resolve)),
    async ask(command) {
      child.stdin.write(`${command}\n`)
      const { value } = await lines.next()
      return String(value)
    },
  }
}

function limitFileSize({ pid }: ChildProcess, bytes: number | 'unlimited'): void {
  // Only the soft limit, so that it can be raised again.
  execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`])
}
