import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const main = new URL('main.ts', import.meta.url).pathname
const processes: ChildProcess[] = []
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-cli-'))
})

afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  /** Waits for text in the output. */
  readonly said: (text: string | RegExp) => Promise<void>
  readonly exit: Promise<number | null>
}

function tollgate(...args: readonly string[]): Run {
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', main, ...args], { cwd: folder })
  processes.push(child)
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    child.emit('said')
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const said = async (text: string | RegExp): Promise<void> => {
    while (!(typeof text === 'string' ? output.includes(text) : text.test(output))) await once(child, 'said')
  }
  const exit = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, errors: () => errors, said, exit }
}

async function served(run: Run): Promise<{ readonly url: string; readonly key: string }> {
  await run.said(/secret key +\S+\n/)
  const [, url = ''] = /on (http:\S+)/.exec(run.output()) ?? []
  const [, key = ''] = /secret key +(\S+)/.exec(run.output()) ?? []
  return { url, key }
}

function post(url: string, key: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) })
}

describe('tollgate serve', { timeout: 30_000 }, () => {
  it('says where it listens and with which key, logs one line a request, and stops when told', async () => {
    const run = tollgate('serve', '--port', '0', '--url', 'memory:')
    const { url, key } = await served(run)
    expect(key).toMatch(/^am_sk_test_[0-9a-f]{48}$/)
    expect((await post(url, key, 'features.list', {})).status).toBe(200)
    expect((await post(url, 'am_sk_test_other', 'features.list', {})).status).toBe(401)
    await run.said('401')
    expect(run.output().match(/^\S+Z POST \/v1\/features\.list (200|401) \d+ms$/gm)).toHaveLength(2)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)
    expect(run.errors()).toBe('')
  })

  it('takes the keys that it is given', async () => {
    const run = tollgate(
      'serve',
      '--port',
      '0',
      '--url',
      'memory:',
      '--key',
      'am_sk_test_a',
      '--key',
      'am_sk_test_b',
      '--publishable-key',
      'am_pk_test_c',
      '--quiet',
    )
    const { url } = await served(run)
    for (const key of ['am_sk_test_a', 'am_sk_test_b']) expect((await post(url, key, 'features.list', {})).status).toBe(200)
    expect((await fetch(`${url}/v1/products`, { headers: { authorization: 'Bearer am_pk_test_c' } })).status).toBe(200)
    expect(run.output()).not.toContain('/v1/')
  })

  it('does not write a key for production into its log', async () => {
    const run = tollgate('serve', '--port', '0', '--url', 'memory:', '--key', 'am_sk_live_0123456789')
    const { url } = await served(run)
    expect(run.output()).not.toContain('0123456789')
    expect(await (await post(url, 'am_sk_live_0123456789', 'customers.get', {})).json()).toMatchObject({ env: 'live' })
  })

  it('finishes the requests under way before it stops', async () => {
    const run = tollgate('serve', '--port', '0', '--url', `file:${join(folder, 'usage.db')}`, '--key', 'am_sk_test_a', '--quiet')
    const { url } = await served(run)
    await post(url, 'am_sk_test_a', 'features.create', { feature_id: 'f', name: 'F', type: 'metered' })
    const answers = Array.from({ length: 50 }, (_, index) =>
      post(url, 'am_sk_test_a', 'customers.get_or_create', { customer_id: `c${index}` }).then(
        ({ status }) => status,
        () => 'cut',
      ),
    )
    const first = await Promise.race(answers)
    run.child.kill('SIGINT')
    const statuses = [first, ...(await Promise.all(answers))]
    expect(await run.exit).toBe(0)
    const again = tollgate('serve', '--port', '0', '--url', `file:${join(folder, 'usage.db')}`, '--key', 'am_sk_test_a', '--quiet')
    const { url: newUrl } = await served(again)
    const { list } = (await (await post(newUrl, 'am_sk_test_a', 'customers.list', { limit: 100 })).json()) as { list: readonly unknown[] }
    // What was answered is there; what was cut off before its answer may be.
    expect(list.length).toBeGreaterThanOrEqual(statuses.slice(1).filter((status) => status === 200).length)
  })

  it('loads features and plans from a module', async () => {
    const catalog = join(folder, 'catalog.ts')
    await writeFile(
      catalog,
      `import { defineFeatures, definePlans, included, metered } from ${JSON.stringify(new URL('../../features/src/index.ts', import.meta.url).href)}
       export const features = defineFeatures({ messages: metered() })
       const plansOf = (units: number) => definePlans(features, { free: { name: 'Free', autoEnable: true, items: { messages: included(units) } } })
       export const plans = plansOf(3)`,
    )
    const run = tollgate('serve', '--port', '0', '--url', 'memory:', '--catalog', catalog, '--key', 'am_sk_test_a')
    const { url } = await served(run)
    const customer = await (await post(url, 'am_sk_test_a', 'customers.get_or_create', { customer_id: 'c1' })).json()
    expect(customer).toMatchObject({ balances: { messages: { granted: 3 } } })
  })

  it('lets an administrator move clocks only when that was switched on', async () => {
    const body = { customer_id: 'c1', frozen_time: Date.now() + 60_000 }
    for (const [admin, status] of [
      [[], 404],
      [['--admin'], 200],
    ] as const) {
      const { url } = await served(tollgate('serve', '--port', '0', '--url', 'memory:', '--key', 'am_sk_test_a', ...admin))
      await post(url, 'am_sk_test_a', 'customers.get_or_create', { customer_id: 'c1' })
      expect((await post(url, 'am_sk_test_a', 'customers.advance_test_clock', body)).status).toBe(status)
    }
  })
})

describe('a start that cannot work', { timeout: 30_000 }, () => {
  it.each([
    [['--url', 'nonsense'], /^tollgate: 'nonsense' names no store: .+\n$/],
    [['--url', 'memory:', '--catalog', 'missing.ts'], /^tollgate: there is no catalog at .+missing\.ts\n$/],
    [['--url', 'memory:', '--host', '203.0.113.1'], /^tollgate: 203\.0\.113\.1 is not an address of this machine: .+\n$/],
    [['--port', 'http'], /--port .+ is invalid. give a number from 0 to 65535\.\n$/],
    [['--wat'], /^error: unknown option '--wat'\n$/],
  ])('%j is told in one sentence', async (args, sentence) => {
    const run = tollgate('serve', '--port', '0', ...args)
    expect(await run.exit).toBe(1)
    expect(run.errors()).toMatch(sentence)
  })

  it('on a port that is taken says which', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const run = tollgate('serve', '--url', 'memory:', '--port', String(port))
    expect(await run.exit).toBe(1)
    expect(run.errors()).toBe(`tollgate: port ${port} of 127.0.0.1 is taken by another program: choose another with --port\n`)
    other.close()
  })

  it.each([
    ['export const features = 5', /must export 'features'/],
    ['export const features = {}; export const plans = []', /exports 'plans' that/],
    ['throw new Error("it broke")', /cannot be loaded: it broke/],
    ['export const features = {', /cannot be loaded: /],
  ])('with the catalog `%s` says what is wrong with it', async (text, sentence) => {
    await writeFile(join(folder, 'catalog.js'), text)
    const run = tollgate('serve', '--port', '0', '--url', 'memory:', '--catalog', 'catalog.js')
    expect(await run.exit).toBe(1)
    expect(run.errors()).toMatch(sentence)
  })
})

describe('tollgate', { timeout: 30_000 }, () => {
  it('explains itself', async () => {
    const help = tollgate('serve', '--help')
    expect(await help.exit).toBe(0)
    for (const option of ['--port', '--url', '--catalog', '--key', '--admin']) expect(help.output()).toContain(option)
    const version = tollgate('--version')
    expect(await version.exit).toBe(0)
    expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
