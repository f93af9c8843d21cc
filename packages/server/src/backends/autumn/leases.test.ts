import { afterEach, describe, expect, it } from 'vitest'
import { held } from '../backend.contract.ts'
import type { Backend, Caller, FeatureUnits } from '../backend.ts'
import { startAutumn, type TestAutumn, type TestAutumnOptions } from './autumn.fixture.ts'
import { lease } from './leases.ts'

describe('lease', () => {
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
  const leased = (featureId: string, units: number) => ({ lease: { [featureId]: lease({ units, ttlMs: 60_000 }) } })
  const reserve = (backend: Backend, items: readonly FeatureUnits[]) =>
    backend.reserve({ caller: acme, items, operation: { id: `op-${ids++}`, fingerprint: '' }, ttlMs: 30_000, procedure: 'test.call' })
  const of = (featureId: string, units: number): readonly FeatureUnits[] => [{ featureId, units }]

  async function spend(backend: Backend, items: readonly FeatureUnits[]): Promise<boolean> {
    const answer = await reserve(backend, items)
    if (answer.kind !== 'held') return false
    await backend.commit(answer.hold, { units: items, overage: 'refuse', answer: null })
    return true
  }

  it('makes no round trip while the block lasts, and charges what was spent when it is returned', async () => {
    const { backend, requests, advance, ledgerUsed } = await start(leased('logs', 100))
    await spend(backend, of('logs', 1))
    const before = requests.length
    for (let i = 0; i < 39; i++) expect(await spend(backend, of('logs', 1))).toBe(true)
    expect(requests.length).toBe(before)
    advance(60_001)
    await backend.outbox.drain()
    expect(await ledgerUsed('acme', 'logs')).toBe(40)
  })

  it('renews ahead of need', async () => {
    const { backend, requests } = await start(leased('logs', 20))
    for (let i = 0; i < 16; i++) await spend(backend, of('logs', 1))
    await backend.outbox.drain()
    expect(requests.filter(({ body }) => body['lock'] !== undefined)).toHaveLength(2)
  })

  for (const [block, processes] of [
    [4, 1],
    [3, 2],
    [100, 2],
  ] as const) {
    it(`never spends more than the balance in blocks of ${block} by ${processes} backends`, async () => {
      const { backend, another, advance, ledgerUsed } = await start(leased('messages', block))
      const backends = [backend, ...Array.from({ length: processes - 1 }, () => another())]
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => spend(backends[i % processes] ?? backend, of('messages', 1))))
      const through = answers.filter(Boolean).length
      expect(through).toBeLessThanOrEqual(10)
      // What one process has leased, another cannot spend; one alone spends it all.
      if (processes === 1) expect(through).toBe(10)
      advance(60_001)
      for (const each of backends) await each.outbox.drain()
      expect(await ledgerUsed('acme', 'messages')).toBe(through)
    })
  }

  it('returns what is left when the balance gets short, so that another process can spend it, and goes one by one', async () => {
    const { backend, another, requests } = await start(leased('messages', 6))
    const other = another({ outbox: { url: 'memory:' } })
    expect(await spend(backend, of('messages', 2))).toBe(true)
    expect(await spend(other, of('messages', 4))).toBe(true)
    expect(await spend(other, of('messages', 1))).toBe(false)
    // One unit is left in the block, and there are none for another one.
    expect(await spend(backend, of('messages', 3))).toBe(true)
    await expect.poll(() => spend(other, of('messages', 1))).toBe(true)
    const before = requests.length
    expect(await spend(backend, of('messages', 1))).toBe(false)
    expect(await spend(backend, of('messages', 1))).toBe(false)
    // One question each: no block is asked for again.
    expect(requests.slice(before).flatMap(({ body }) => body['required_balance'] ?? [])).toEqual([1, 1])
  })

  it('puts the rest of a block and the rest of the balance together for one call', async () => {
    const { backend } = await start(leased('messages', 6))
    expect(await spend(backend, of('messages', 2))).toBe(true)
    expect(await spend(backend, of('messages', 8))).toBe(true)
    expect(await spend(backend, of('messages', 1))).toBe(false)
  })

  it('shows what is leased and not spent as left', async () => {
    const { backend } = await start(leased('messages', 6))
    await spend(backend, of('messages', 2))
    expect((await backend.access(acme)).features['messages']).toMatchObject({ used: 2, remaining: 8 })
  })

  it('gives back what a failed call took, for the next one', async () => {
    const { backend } = await start(leased('messages', 10))
    await backend.release(held(await reserve(backend, of('messages', 10))))
    expect(await spend(backend, of('messages', 10))).toBe(true)
  })

  it('returns the rest when it is closed', async () => {
    const { backend, ledgerUsed } = await start(leased('logs', 100))
    for (let i = 0; i < 7; i++) await spend(backend, of('logs', 1))
    await backend.close()
    expect(await ledgerUsed('acme', 'logs')).toBe(7)
  })

  it('tracks what was spent when the block ran out at Autumn before it was returned', async () => {
    const { backend, ledgerUsed, advance } = await start(leased('logs', 100))
    for (let i = 0; i < 7; i++) await spend(backend, of('logs', 1))
    advance(10 * 60_000)
    await backend.outbox.drain()
    expect(await ledgerUsed('acme', 'logs')).toBe(7)
  })

  it('refuses terms that make no sense', () => {
    expect(() => lease({ units: 0, ttlMs: 1 })).toThrow('above 0')
    expect(() => lease({ units: 1, ttlMs: Number.NaN })).toThrow('at most 12 hours')
  })
})
