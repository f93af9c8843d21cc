import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openOutboxStore } from '@tollgate/server/autumn'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const main = fileURLToPath(new URL('main.ts', import.meta.url))

describe('tollgate outbox', () => {
  let folder = ''
  let url = ''

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-outbox-'))
    url = `file:${join(folder, 'outbox.db')}`
    const store = openOutboxStore(url, () => 0)
    const about = { customerId: 'acme', entityId: null, featureId: 'messages', operationId: null, procedure: null, at: 0 }
    const delivery = { action: 'track', key: 'lost', units: 3, overage: 'overflow', ...about } as const
    await store.settle({ operation: null, leaseUses: [], deliveries: [{ delivery, notBefore: 0 }] })
    await store.bury('lost', '400 invalid_inputs')
    await store.close()
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function tollgate(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(process.execPath, ['--conditions=source', main, 'outbox', ...args, '--url', url])
    return stdout
  }

  it('lists what was given up, and lets it be tried again', async () => {
    expect(await tollgate('list', '--dead')).toContain('acme  track 3 messages  1 tries, last: 400 invalid_inputs\n0 waiting, 1 given up')
    expect(await tollgate('retry')).toBe('1 will be tried again\n')
    expect(await tollgate('list')).toContain('1 waiting, 0 given up')
  })

  it('names an outbox that is not there', async () => {
    url = 'file:nowhere.db'
    await expect(tollgate('list')).rejects.toThrow("there is no outbox at 'file:nowhere.db'")
  })
})
