import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tollgateIn } from './ledger.fixture.ts'

const key = 'am_sk_test_diff'
const registry = (units: number): string => `
  import { defineFeatures, definePlans, included, metered } from ${JSON.stringify(new URL('../../features/src/index.ts', import.meta.url).href)}
  export const features = defineFeatures({ messages: metered() })
  const items = { messages: included(${units}).per('month') }
  export const plans = definePlans(features, { free: { name: 'Free', autoEnable: true, items } })`

describe('tollgate diff', { timeout: 60_000 }, () => {
  let folder: string
  let server: ChildProcess
  let url: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-diff-'))
    writeFileSync(join(folder, 'catalog.ts'), registry(20))
    writeFileSync(join(folder, 'other.ts'), registry(30))
    const main = new URL('main.ts', import.meta.url).pathname
    const args = ['serve', '--port', '0', '--url', 'memory:', '--catalog', 'catalog.ts', '--key', key, '--quiet']
    server = spawn(process.execPath, ['--conditions=@tollgate/source', main, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await once(server.stdout ?? server, 'data')
    url = /on (http:\S+)/.exec(String(said))?.[1] ?? ''
  })

  afterAll(async () => {
    server.kill('SIGTERM')
    await once(server, 'close')
    rmSync(folder, { recursive: true })
  })

  const diff = (catalog: string, ...args: readonly string[]) =>
    tollgateIn(folder, ['diff', '--catalog', catalog, '--url', url, '--key', key, ...args])

  it('ends with 0 when the registry and the server agree', () => {
    expect(diff('catalog.ts')).toMatchObject({ status: 0, stdout: 'the registry and Autumn agree\n', stderr: '' })
  })

  it('ends with 1 and names what differs', () => {
    const { status, stdout, stderr } = diff('other.ts')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toMatch(
      /^plan 'free': messages is \{"included":30,.+ in the registry, and \{"included":20,.+ in Autumn\n1 difference\n$/,
    )
  })

  it.each([
    ['there is no catalog', ['--catalog', 'absent.ts'], /^tollgate: there is no catalog at .+absent\.ts\n$/],
    ['the key is another', ['--key', 'am_sk_test_other'], /^tollgate: .+\n$/],
    ['nobody answers', ['--url', 'http://127.0.0.1:1'], /^tollgate: .+\n$/],
    ['an option is misspelt', ['--wat'], /^error: unknown option '--wat'\n$/],
  ])('ends with 2 and one sentence when %s', (_what, args, sentence) => {
    const { status, stdout, stderr } = diff('catalog.ts', ...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
  })

  it('takes the key from the environment, and does not show it', () => {
    process.env['AUTUMN_SECRET_KEY'] = key
    try {
      expect(tollgateIn(folder, ['diff', '--catalog', 'catalog.ts', '--url', url]).status).toBe(0)
      expect(tollgateIn(folder, ['diff', '--help']).stdout).not.toContain(key)
    } finally {
      delete process.env['AUTUMN_SECRET_KEY']
    }
  })
})
