import { afterEach, describe, expect, it } from 'vitest'
import type { Delivery } from '../../outbox/delivery.ts'
import { openOutboxStore } from '../../outbox/openOutboxStore.ts'
import type { FaultRule, NetworkFault } from '../../testing/faultProxy.ts'
import { held } from '../backend.contract.ts'
import { type Backend, type Caller, type FeatureUnits, OutageError } from '../backend.ts'
import type { TestAutumnOptions } from './autumn.fixture.ts'
import { type ProxiedAutumn, startProxied } from './proxied.fixture.ts'

describe('autumn behind a bad network', () => {
  const closing: (() => Promise<void>)[] = []
  let ids = 0

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  const acme: Caller = { customerId: 'acme', entityId: null }
  const messages = (units: number): readonly FeatureUnits[] => [{ featureId: 'messages', units }]
  const logs = (units: number): readonly FeatureUnits[] => [{ featureId: 'logs', units }]
  const reserve = (backend: Backend, items: readonly FeatureUnits[], ttlMs = 60_000) =>
    backend.reserve({ caller: acme, items, operation: { id: `op-${ids++}`, fingerprint: '' }, ttlMs, procedure: 'test.call' })
  const commit = (backend: Backend, hold: Parameters<Backend['commit']>[0], units: readonly FeatureUnits[]) =>
    backend.commit(hold, { units, overage: 'refuse', answer: null })
  const on = (path: string, fault: NetworkFault, times = 1): FaultRule => {
    let left = times
    return (request) => (request.path.endsWith(path) && left-- > 0 ? fault : null)
  }

  async function start(options: TestAutumnOptions = {}): Promise<ProxiedAutumn> {
    const test = await startProxied({ timeoutMs: 700, ...options })
    closing.push(() => test.close())
    return test
  }

  const lost: readonly (readonly [string, NetworkFault])[] = [
    ['the request is lost', { kind: 'drop_request' }],
    ['the answer is lost', { kind: 'drop_answer' }],
    ['the connection breaks before', { kind: 'close', when: 'before' }],
    ['the connection breaks after', { kind: 'close', when: 'after' }],
    ['the server fails before it took effect', { kind: 'answer', status: 500 }],
    ['the server fails after it took effect', { kind: 'answer', status: 500, when: 'after' }],
    ['the server is unavailable', { kind: 'answer', status: 503, headers: { 'retry-after': '1' } }],
    ['there are too many requests', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }],
    ['the request arrives after its time is over', { kind: 'delay', ms: 900 }],
  ]

  for (const [what, fault] of lost) {
    // Only where nothing comes back the budget has to run out.
    const silent = fault.kind === 'drop_request' || fault.kind === 'drop_answer' || fault.kind === 'delay'
    const budget = silent ? {} : { timeoutMs: 5_000 }

    it(`records a call once when ${what} on its way to be confirmed`, async () => {
      const { backend, proxy, ledgerUsed, advance } = await start(budget)
      const hold = held(await reserve(backend, messages(4)))
      proxy.use(on('finalize', fault))
      expect((await commit(backend, hold, messages(3))).kind).toBe('committed')
      expect((await backend.outbox.metrics()).pending).toBe(1)
      advance(10_000)
      await backend.outbox.drain()
      expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
      await proxy.idle()
      expect(await ledgerUsed('acme', 'messages')).toBe(3)
    })

    it(`records a use once when ${what}`, async () => {
      const { backend, proxy, ledgerUsed, advance } = await start(budget)
      proxy.use(on('track', fault))
      const operation = { id: 'job', fingerprint: '' }
      await backend.record({ caller: acme, items: messages(3), operation, overage: 'overflow', procedure: 'job', answer: null })
      advance(10_000)
      await backend.outbox.drain()
      expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
      await proxy.idle()
      expect(await ledgerUsed('acme', 'messages')).toBe(3)
    })

    it(`holds nothing for a call that was told of an outage when ${what} on its way to be checked`, async () => {
      const { backend, proxy, ledgerUsed, advance } = await start(budget)
      proxy.use(on('check', fault))
      await expect(reserve(backend, messages(10))).rejects.toBeInstanceOf(OutageError)
      await proxy.idle()
      advance(11_000)
      await backend.outbox.drain()
      expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
      expect(await ledgerUsed('acme', 'messages')).toBe(0)
      expect((await reserve(backend, messages(10))).kind).toBe('held')
    })
  }

  it('tells a confirm whose answer was lost from a hold that ran out', async () => {
    const { backend, proxy, ledgerUsed, advance, requests } = await start()
    const confirmed = held(await reserve(backend, messages(2)))
    const late = held(await reserve(backend, messages(3)))
    proxy.use(on('finalize', { kind: 'drop_answer' }))
    await commit(backend, confirmed, messages(2))
    proxy.use(on('finalize', { kind: 'drop_request' }, 99))
    await commit(backend, late, messages(3))
    // Both holds are over at the server; one was confirmed before.
    advance(120_000)
    proxy.use(null)
    await backend.outbox.drain()
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(await ledgerUsed('acme', 'messages')).toBe(5)
    const tracked = requests.filter(({ path }) => path === '/v1/balances.track')
    expect(tracked.map(({ body }) => [body['value'], body['overage_behavior']])).toEqual([[3, 'overflow']])
  })

  it('waits as long as the server asks for', async () => {
    const { backend, proxy, ledgerUsed, advance } = await start({ timeoutMs: 5_000 })
    const hold = held(await reserve(backend, messages(1)))
    proxy.use(on('finalize', { kind: 'answer', status: 429, headers: { 'retry-after': '30' } }))
    await commit(backend, hold, messages(1))
    const before = proxy.seen
    advance(29_000)
    await backend.outbox.drain({ early: false })
    expect(proxy.seen).toBe(before)
    advance(2_000)
    await backend.outbox.drain({ early: false })
    expect((await backend.outbox.metrics()).pending).toBe(0)
    expect(await ledgerUsed('acme', 'messages')).toBe(1)
  })

  it('doubts a duplicate while the try that got no answer may still fail', async () => {
    const { backend, proxy, ledgerUsed, advance } = await start()
    const hold = held(await reserve(backend, messages(4)))
    const duplicate = JSON.stringify({ code: 'duplicate_idempotency_key', message: 'Another request has already been received' })
    let tries = 0
    proxy.use((request) => {
      if (!request.path.endsWith('finalize')) return null
      tries += 1
      // The first try hangs and comes to nothing; the second is told that the first is still running.
      if (tries === 1) return { kind: 'drop_request' }
      return tries === 2 ? { kind: 'answer', status: 409, body: duplicate } : null
    })
    await commit(backend, hold, messages(4))
    await backend.outbox.drain()
    expect((await backend.outbox.metrics()).pending).toBe(1)
    advance(10_000)
    await backend.outbox.drain()
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(tries).toBe(3)
    expect(await ledgerUsed('acme', 'messages')).toBe(4)
  })

  it('doubts a duplicate of what it took over: the process that died may have sent it a moment before', async () => {
    const { backend, another, proxy, ledgerUsed, advance, outboxUrl, now } = await start()
    const hold = held(await reserve(backend, messages(4)))
    // What a process leaves that dies between the sending and the answer.
    const store = openOutboxStore(outboxUrl, now)
    const about = { customerId: 'acme', entityId: null, featureId: 'messages', operationId: null, procedure: null, at: now() }
    const delivery: Delivery = { action: 'track', key: 'of the dead', ...about, units: 3, overage: 'overflow' }
    await store.settle({ operation: null, deliveries: [{ delivery, notBefore: null }], leaseUses: [] })
    await store.close()
    const duplicate = JSON.stringify({ code: 'duplicate_idempotency_key', message: 'Another request has already been received' })
    proxy.use(on('track', { kind: 'answer', status: 409, body: duplicate }))
    const next = another()
    await next.outbox.drain({ early: false })
    // The try that was under way came to nothing: it is sent again.
    expect((await next.outbox.metrics()).pending).toBe(1)
    advance(10_000)
    await next.outbox.drain()
    expect(await next.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    await backend.release(hold)
    expect(await ledgerUsed('acme', 'messages')).toBe(3)
  })

  it('answers within its budget while the server is slow, and settles all the same', async () => {
    const { backend, proxy, ledgerUsed, advance } = await start({ settle: 'background' })
    const hold = held(await reserve(backend, messages(4)))
    proxy.use(on('finalize', { kind: 'delay', ms: 1_000 }))
    const startedAt = performance.now()
    await commit(backend, hold, messages(4))
    expect(performance.now() - startedAt).toBeLessThan(100)
    await backend.outbox.drain()
    advance(10_000)
    await backend.outbox.drain()
    expect(await ledgerUsed('acme', 'messages')).toBe(4)
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
  })

  it('loses nothing while the server is down for minutes, with holds that run out meanwhile', async () => {
    const { backend, proxy, ledgerUsed, advance } = await start({ settle: 'background', timeoutMs: 5_000 })
    const holds = await Promise.all(Array.from({ length: 6 }, async () => held(await reserve(backend, messages(1)))))
    proxy.use(() => ({ kind: 'close', when: 'before' }))
    for (const hold of holds.slice(0, 4)) await commit(backend, hold, messages(1))
    for (const hold of holds.slice(4)) await backend.release(hold)
    const operation = { id: 'during', fingerprint: '' }
    await backend.record({ caller: acme, items: messages(3), operation, overage: 'overflow', procedure: 'job', answer: null })
    for (let minute = 0; minute < 10; minute++) {
      advance(60_000)
      await backend.outbox.drain()
    }
    const { pending, ageMs } = await backend.outbox.metrics()
    expect(pending).toBe(7)
    expect(ageMs).toBe(600_000)
    // Whether its lock was taken is not known: it will be released.
    await expect(reserve(backend, messages(1))).rejects.toBeInstanceOf(OutageError)
    expect((await backend.outbox.metrics()).pending).toBe(8)
    proxy.use(null)
    advance(60_000)
    await backend.outbox.drain()
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(await ledgerUsed('acme', 'messages')).toBe(7)
  })

  it('keeps the ledger equal to the work that succeeded, whatever happens to a third of all requests', async () => {
    const { backend, proxy, ledgerUsed, advance } = await start({ settle: 'background' })
    const random = seeded(20_261_123)
    const kinds = lost.map(([, fault]) => fault)
    proxy.use(() => (random() < 0.33 ? (kinds[Math.floor(random() * kinds.length)] ?? null) : null))
    let used = 0
    const call = async (): Promise<void> => {
      const units = 1 + Math.floor(random() * 5)
      const fails = random() < 0.3
      const taken = await reserve(backend, logs(units)).catch((error: unknown) => {
        if (error instanceof OutageError) return null
        throw error
      })
      if (taken?.kind !== 'held') return
      if (fails) return void (await backend.release(taken.hold))
      const spent = Math.floor(random() * (units + 1))
      expect((await commit(backend, taken.hold, logs(spent))).kind).toBe('committed')
      used += spent
    }
    for (let round = 0; round < 6; round++) {
      await Promise.all(Array.from({ length: 20 }, call))
      advance(5_000)
    }
    proxy.use(null)
    await proxy.idle()
    for (let i = 0; i < 20; i++) {
      advance(60_000)
      await backend.outbox.drain()
    }
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(used).toBeGreaterThan(20)
    expect(await ledgerUsed('acme', 'logs')).toBe(used)
  })

  it('gives up on what will never be taken, says so, and tries it again when it is told to', async () => {
    const { backend, proxy, reports } = await start({ timeoutMs: 5_000 })
    const refusal = JSON.stringify({ code: 'invalid_inputs', message: 'value: must be a number' })
    proxy.use(on('track', { kind: 'answer', status: 400, body: refusal }))
    const operation = { id: 'job', fingerprint: '' }
    await backend.record({ caller: acme, items: messages(3), operation, overage: 'overflow', procedure: 'job', answer: null })
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 1 })
    expect(reports.map(({ message }) => message)).toEqual([
      "a delivery was given up, see 'tollgate outbox list --dead': 400 invalid_inputs: value: must be a number",
    ])
  })
})

/** A repeatable source of numbers from 0 to 1. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
