import { afterEach, describe, expect, it } from 'vitest'
import { held } from '../backend.contract.ts'
import type { Backend, Caller } from '../backend.ts'
import { startAutumn, type TestAutumn, type TestAutumnOptions } from './autumn.fixture.ts'

describe('round trips to Autumn', () => {
  const opened: TestAutumn[] = []
  let ids = 0

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
  })

  async function start(options: TestAutumnOptions = {}): Promise<TestAutumn> {
    const test = await startAutumn(options)
    opened.push(test)
    await test.backend.access(acme)
    return test
  }

  const acme: Caller = { customerId: 'acme', entityId: null }
  const items = [{ featureId: 'messages', units: 1 }]
  const reserve = (backend: Backend) =>
    backend.reserve({ caller: acme, items, operation: { id: `op-${ids++}`, fingerprint: '' }, ttlMs: 60_000, procedure: 'test.call' })

  it('are one before the work, and none after it that an answer waits for', async () => {
    let letThrough = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      letThrough = resolve
    })
    const { backend, requests, ledgerUsed } = await start({
      async between(request, forward) {
        if (request.url.endsWith('finalize')) await gate
        return forward(request)
      },
    })
    const before = requests.length
    const hold = held(await reserve(backend))
    expect(requests.slice(before).map(({ path }) => path)).toEqual(['/v1/balances.check'])
    expect((await backend.commit(hold, { units: items, overage: 'refuse', answer: null })).kind).toBe('committed')
    expect(requests.length - before).toBe(1)
    letThrough()
    await backend.outbox.drain()
    expect(requests.slice(before + 1).map(({ path }) => path)).toEqual(['/v1/balances.finalize'])
    expect(await ledgerUsed('acme', 'messages')).toBe(1)
  })

  it('are one for all that ask the same of a customer at the same time', async () => {
    const { backend, requests } = await start()
    const before = requests.length
    const asks = (customerId: string) => backend.check({ caller: { customerId, entityId: null }, items })
    const answers = await Promise.all([...Array.from({ length: 20 }, () => asks('acme')), asks('other')])
    expect(answers.every(({ kind }) => kind === 'allowed')).toBe(true)
    const checks = requests.slice(before).filter(({ path }) => path === '/v1/balances.check')
    expect(checks.filter(({ body }) => body['customer_id'] === 'acme')).toHaveLength(1)
    await asks('acme')
    // An answer is not kept for those who ask later.
    expect(requests.at(-1)?.path).toBe('/v1/balances.check')
  })

  it('are one for all that read a customer within the time that was declared', async () => {
    const { backend, requests, advance } = await start({ accessTtlMs: 5_000 })
    advance(10_000)
    const before = requests.length
    await Promise.all(Array.from({ length: 20 }, () => backend.access(acme)))
    advance(4_999)
    await backend.access(acme)
    expect(requests.length - before).toBe(1)
    advance(1)
    await backend.access(acme)
    expect(requests.length - before).toBe(2)
    await backend.access(acme, { fresh: true })
    expect(requests.length - before).toBe(3)
  })

  it('are none for what every decision tells beside: the access that is kept is up to date with it', async () => {
    const { backend, another, requests } = await start()
    const elsewhere = another({ outbox: { url: 'memory:' }, settle: 'await' })
    const used = held(await reserve(elsewhere))
    await elsewhere.commit(used, { units: items, overage: 'refuse', answer: null })
    expect((await backend.access(acme)).features['messages']).toMatchObject({ remaining: 10 })
    const hold = held(await reserve(backend))
    const before = requests.length
    expect((await backend.access(acme)).features['messages']).toMatchObject({ used: 1, held: 1, remaining: 8 })
    await backend.release(hold)
    expect((await backend.access(acme)).features['messages']).toMatchObject({ used: 1, held: 0, remaining: 9 })
    expect(requests.slice(before).filter(({ path }) => path !== '/v1/balances.finalize')).toEqual([])
  })
})
