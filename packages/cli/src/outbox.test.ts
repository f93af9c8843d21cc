import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openOutboxStore } from '@tollgate/server/autumn'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../engine/src/store/postgres/testServer.fixture.ts'

const run = promisify(execFile)
const main = fileURLToPath(new URL('main.ts', import.meta.url))

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

async function fileUrl(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-outbox-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return `file:${join(folder, 'outbox.db')}`
}

async function tollgate(url: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['--conditions=@tollgate/source', main, 'outbox', ...args, '--url', url])
  return stdout
}

/** An outbox in which two deliveries were given up. */
async function fill(url: string): Promise<void> {
  const store = openOutboxStore(url, () => 0)
  const about = { customerId: 'acme', entityId: null, featureId: 'messages', operationId: null, procedure: null, at: 0 }
  for (const key of ['lost', 'wrong']) {
    const delivery = { action: 'track', key, units: 3, overage: 'overflow', ...about } as const
    await store.settle({ operation: null, leaseUses: [], deliveries: [{ delivery, notBefore: 0 }] })
    await store.bury(key, '400 invalid_inputs')
  }
  await store.close()
}

describe('tollgate outbox', () => {
  it.each([
    ['a file', fileUrl],
    ['PostgreSQL', () => server.createDatabase()],
  ] as const)('lists what was given up in %s, deletes it, and lets it be tried again', async (_, place) => {
    const url = await place()
    await fill(url)
    const listed = await tollgate(url, 'list', '--dead')
    expect(listed).toContain('acme  track 3 messages  1 tries, last: 400 invalid_inputs\n')
    expect(listed).toContain('0 waiting, 2 given up')
    expect(await tollgate(url, 'discard', 'wrong')).toBe('discarded\n')
    await expect(tollgate(url, 'discard', 'wrong')).rejects.toThrow("no delivery with the key 'wrong' was given up")
    expect(await tollgate(url, 'retry')).toBe('1 will be tried again\n')
    expect(await tollgate(url, 'list')).toContain('1 waiting, 0 given up')
  })

  it('names an outbox that is not there', async () => {
    await expect(tollgate('file:nowhere.db', 'list')).rejects.toThrow("there is no outbox at 'file:nowhere.db'")
    await expect(tollgate('postgres://nobody:secret@127.0.0.1:9/nothing', 'list')).rejects.toThrow(
      'the outbox cannot be reached: PostgreSQL at 127.0.0.1:9/nothing does not answer',
    )
  })
})
