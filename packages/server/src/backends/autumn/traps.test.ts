import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { held } from '../backend.contract.ts'
import { type Backend, type Caller, type FeatureUnits, OutageError } from '../backend.ts'
import { type SeenRequest, startAutumn, type TestAutumn, type TestAutumnOptions } from './autumn.fixture.ts'

/** What goes wrong by hand, each with the rule that this backend keeps. */
describe('the traps of Autumn', () => {
  const opened: TestAutumn[] = []
  let ids = 0

  afterEach(async () => {
    vi.unstubAllEnvs()
    for (const each of opened.splice(0)) await each.close()
  })

  async function start(options: TestAutumnOptions = {}): Promise<TestAutumn> {
    const test = await startAutumn({ settle: 'await', ...options })
    opened.push(test)
    return test
  }

  const acme: Caller = { customerId: 'acme', entityId: null }
  const reserve = (backend: Backend, items: readonly FeatureUnits[], caller = acme) =>
    backend.reserve({ caller, items, operation: { id: `op-${ids++}`, fingerprint: '' }, ttlMs: 60_000, procedure: 'test.call' })
  const messages = (units: number): readonly FeatureUnits[] => [{ featureId: 'messages', units }]
  const commit = (
    backend: Backend,
    hold: Parameters<Backend['commit']>[0],
    items: readonly FeatureUnits[],
    overage: 'refuse' | 'cap' | 'overflow' = 'refuse',
  ) => backend.commit(hold, { units: items, overage, answer: null })
  const to = (requests: readonly SeenRequest[], path: string) => requests.filter((request) => request.path === `/v1/${path}`)
  const json = (body: unknown, status = 200) => Response.json(body, { status })

  it('1: fifty calls at once do not share the last ten units', async () => {
    const { backend, ledgerUsed } = await start()
    const answers = await Promise.all(Array.from({ length: 50 }, () => reserve(backend, messages(1))))
    const holds = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.hold] : []))
    await Promise.all(holds.map((hold) => commit(backend, hold, messages(1))))
    expect(holds).toHaveLength(10)
    expect(await ledgerUsed('acme', 'messages')).toBe(10)
  })

  it('2: units go back through their lock, never through a negative use', async () => {
    const { backend, requests } = await start()
    await backend.release(held(await reserve(backend, messages(4))))
    expect(to(requests, 'balances.track')).toEqual([])
    expect(to(requests, 'balances.finalize').map(({ body }) => body['action'])).toEqual(['release'])
  })

  it('3: a use that nobody pays for is reported, although Autumn answers 200', async () => {
    const { backend, reports } = await start()
    const operation = { id: 'job', fingerprint: '' }
    await backend.record({
      caller: acme,
      items: [{ featureId: 'seats', units: 2 }],
      operation,
      overage: 'overflow',
      procedure: 'job',
      answer: null,
    })
    expect(reports.map(({ message }) => message)).toEqual([
      "Autumn has recorded 2 of 'seats' for customer 'acme', and no balance of theirs pays for it",
    ])
  })

  it('4: a denial names the pool, and tells its credits as credits', async () => {
    const { backend } = await start()
    await commit(backend, held(await reserve(backend, [{ featureId: 'images', units: 2 }])), [{ featureId: 'images', units: 2 }])
    const answer = await reserve(backend, [{ featureId: 'images', units: 6 }])
    expect(answer).toMatchObject({ kind: 'denied', denial: { featureId: 'images', poolId: 'credits', required: 60, remaining: 50 } })
  })

  it('5: "allowed" with neither balance nor flag is an outage, not a right', async () => {
    const answer = { allowed: true, customer_id: 'acme', required_balance: 1, balance: null, flag: null }
    const { backend } = await start({ between: async () => json(answer, 202) })
    await expect(backend.check({ caller: acme, items: [{ featureId: 'sso', units: 1 }] })).rejects.toBeInstanceOf(OutageError)
  })

  it('6: an unknown customer is created once, and then remembered', async () => {
    const { backend, requests } = await start()
    await Promise.all(Array.from({ length: 8 }, () => reserve(backend, messages(1))))
    expect(to(requests, 'customers.get_or_create')).toHaveLength(1)
    const before = requests.length
    await reserve(backend, messages(1))
    expect(requests.length - before).toBe(1)
  })

  it('7: fail-open stays off, whatever the environment says, and requests take the way that they were given', async () => {
    vi.stubEnv('AUTUMN_FAIL_OPEN', 'true')
    let calls = 0
    const { backend } = await start({
      between: async () => {
        calls += 1
        throw new TypeError('fetch failed')
      },
    })
    await expect(reserve(backend, messages(1))).rejects.toBeInstanceOf(OutageError)
    expect(calls).toBe(1)
  })

  it('8: every delivery carries a key of its own in the header, and a duplicate counts as done', async () => {
    const { backend, requests, ledgerUsed } = await start({
      between: async (request, forward) => {
        const isFinalize = request.url.endsWith('finalize')
        const again = request.clone()
        const first = await forward(request)
        // The first answer is lost on the way, and what the sender hears is the answer to a repeat.
        return isFinalize ? forward(again) : first
      },
    })
    for (const caller of [acme, { customerId: 'other', entityId: null }]) {
      await commit(backend, held(await reserve(backend, messages(2), caller)), messages(2))
    }
    expect(await ledgerUsed('acme', 'messages')).toBe(2)
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0, delivered: 2 })
    const keys = to(requests, 'balances.finalize').map(({ headers }) => headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(2)
    expect(keys).not.toContain(null)
  })

  it('9: a lock has an id of its own, an end, and is not finalized when it was denied', async () => {
    const { backend, requests, now } = await start()
    const ref = { id: 'same operation', fingerprint: '' }
    for (let i = 0; i < 2; i++) {
      const denied = await backend.reserve({ caller: acme, items: messages(11), operation: ref, ttlMs: 60_000, procedure: 'test.call' })
      expect(denied.kind).toBe('denied')
    }
    // The first check met an unknown customer.
    const locks = to(requests, 'balances.check')
      .slice(1)
      .map(({ body }) => body['lock'] as { readonly lock_id: string; readonly expires_at: number })
    expect(new Set(locks.map((lock) => lock.lock_id)).size).toBe(2)
    for (const lock of locks) expect(lock.expires_at).toBe(now() + 60_000)
    await backend.outbox.drain()
    expect(to(requests, 'balances.finalize')).toEqual([])
  })

  it('10: a lock is never confirmed above what it holds', async () => {
    const { backend, requests, ledgerUsed } = await start()
    const hold = held(await reserve(backend, messages(2)))
    expect((await commit(backend, hold, messages(50))).kind).toBe('denied')
    expect((await commit(backend, hold, messages(9))).kind).toBe('committed')
    expect(to(requests, 'balances.finalize').map(({ body }) => body['override_value'])).toEqual([undefined, undefined])
    expect(await ledgerUsed('acme', 'messages')).toBe(9)
  })

  it('11: a finalize that is never answered ends with the budget, and is tried again', async () => {
    let answers = false
    const { backend, ledgerUsed } = await start({
      timeoutMs: 60,
      between: (request, forward) => (request.url.endsWith('finalize') && !answers ? new Promise(() => undefined) : forward(request)),
    })
    // Loading `autumn-js` is not a part of a call's budget, and customers are created first.
    await backend.access(acme)
    const hold = held(await reserve(backend, messages(3)))
    const startedAt = performance.now()
    expect((await commit(backend, hold, messages(3))).kind).toBe('committed')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect((await backend.outbox.metrics()).pending).toBe(1)
    answers = true
    await backend.outbox.drain()
    expect((await backend.outbox.metrics()).pending).toBe(0)
    expect(await ledgerUsed('acme', 'messages')).toBe(3)
  })

  it('12: allocated features are checked and tracked, and calls at once do not take the same seat', async () => {
    const { backend, engine, requests, ledgerUsed } = await start()
    await backend.access(acme)
    await engine.execute('acme', {
      kind: 'create_balance',
      featureId: 'seats',
      entityId: null,
      balanceId: null,
      included: 50_000_000_000n,
      unlimited: false,
      interval: null,
      nextResetAt: null,
      expiresAt: null,
      rollover: null,
    })
    const seat = [{ featureId: 'seats', units: 1 }]
    const answers = await Promise.all(Array.from({ length: 9 }, () => reserve(backend, seat)))
    const holds = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.hold] : []))
    expect(holds).toHaveLength(5)
    await Promise.all(holds.map((hold) => commit(backend, hold, seat)))
    expect(await ledgerUsed('acme', 'seats')).toBe(5)
    expect((await reserve(backend, seat)).kind).toBe('denied')
    expect(to(requests, 'balances.check').every(({ body }) => body['lock'] === undefined)).toBe(true)
  })

  it('a lock never asks to live longer than the day that Autumn allows', async () => {
    const { backend, requests, now } = await start()
    const ref = { id: 'long', fingerprint: '' }
    const answer = await backend.reserve({
      caller: acme,
      items: messages(1),
      operation: ref,
      ttlMs: 3 * 86_400_000,
      procedure: 'test.call',
    })
    expect(answer.kind).toBe('held')
    const lock = to(requests, 'balances.check').at(-1)?.body['lock'] as { readonly expires_at: number }
    expect(lock.expires_at).toBeGreaterThan(now() + 86_000_000)
    expect(lock.expires_at).toBeLessThanOrEqual(now() + 86_400_000)
  })

  it('the version of the API is the one that is read here, whatever the environment says', async () => {
    vi.stubEnv('AUTUMN_X_API_VERSION', '1.2.0')
    const { backend, requests } = await start()
    await commit(backend, held(await reserve(backend, messages(2))), messages(2))
    expect(new Set(requests.map(({ headers }) => headers.get('x-api-version')))).toEqual(new Set(['2.4.0']))
  })

  it('neither autumn-js nor a driver is loaded before it is asked for: both are slow, and large', () => {
    const program = `
      import { registerHooks } from 'node:module'
      const files = []
      registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) })
      const loaded = () => ['autumn-js', 'node_modules/pg/'].filter((name) => files.some((file) => file.includes(name)))
      const { autumn } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)})
      const before = loaded()
      const backend = autumn({ secretKey: 'key', url: 'http://127.0.0.1:9', features: {}, outbox: { url: 'memory:' } })
      await backend.plans().catch(() => undefined)
      console.log(JSON.stringify([before, loaded()]))
      process.exit()
    `
    const args = ['--conditions=@tollgate/source', '--input-type=module', '--eval', program]
    const env = { ...process.env, NODE_NO_WARNINGS: '1' }
    expect(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }))).toEqual([[], ['autumn-js']])
  })

  it('a lock that another try is just finalizing is neither done nor refused: it is asked again', async () => {
    let tries = 0
    const busy = { message: 'Lock receipt not claimable: RESERVATION_ALREADY_PROCESSING', code: 'invalid_request', env: 'sandbox' }
    const { backend, ledgerUsed, advance } = await start({
      between: (request, forward) =>
        request.url.endsWith('finalize') && ++tries === 1 ? Promise.resolve(json(busy, 409)) : forward(request),
    })
    await commit(backend, held(await reserve(backend, messages(4))), messages(3))
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 1, dead: 0 })
    advance(5_000)
    await backend.outbox.drain()
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(await ledgerUsed('acme', 'messages')).toBe(3)
  })

  it('a use that Autumn has queued, with status 202 and no balance, is told', async () => {
    const { backend, requests, reports, ledgerUsed } = await start({
      between: async (request, forward) => {
        const answer = await forward(request)
        return request.url.endsWith('track') ? json({ customer_id: 'acme', value: 1, balance: null }, 202) : answer
      },
    })
    await backend.access(acme)
    const operation = { id: 'job', fingerprint: '' }
    await backend.record({ caller: acme, items: messages(1), operation, overage: 'overflow', procedure: 'job', answer: null })
    await backend.outbox.drain()
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
    expect(reports).toEqual([])
    expect(to(requests, 'balances.track')).toHaveLength(1)
    expect(await ledgerUsed('acme', 'messages')).toBe(1)
  })

  it('an answer that autumn-js cannot read does not undo what took effect', async () => {
    const { backend, ledgerUsed } = await start({
      between: async (request, forward) => {
        const answer = await forward(request)
        return /check|track|finalize/.test(request.url) && answer.ok ? json({ allowed: true, customer_id: 'acme' }) : answer
      },
    })
    await commit(backend, held(await reserve(backend, messages(4))), messages(4))
    const operation = { id: 'job', fingerprint: '' }
    await backend.record({ caller: acme, items: messages(1), operation, overage: 'cap', procedure: 'job', answer: null })
    expect(await ledgerUsed('acme', 'messages')).toBe(5)
    expect(await backend.outbox.metrics()).toMatchObject({ pending: 0, dead: 0 })
  })

  it('a check that denies what the deduction would pay is not believed', async () => {
    const { backend } = await start({
      between: async (request, forward) => {
        const { feature_id } = (await request.clone().json()) as { readonly feature_id?: string }
        const answer = await forward(request)
        // Autumn's own check looks at one balance alone.
        return request.url.endsWith('check') && feature_id === 'images'
          ? json({ ...((await answer.json()) as object), allowed: false })
          : answer
      },
    })
    await backend.access(acme)
    expect((await backend.check({ caller: acme, items: [{ featureId: 'images', units: 7 }] })).kind).toBe('allowed')
    expect((await backend.check({ caller: acme, items: [{ featureId: 'images', units: 8 }] })).kind).toBe('denied')
  })

  it('a wrong key and an unknown feature are told in a sentence that names the fix', async () => {
    const { backend, another } = await start()
    const stranger = another({ secretKey: 'am_sk_test_wrong', outbox: { url: 'memory:' } })
    await expect(reserve(stranger, messages(1))).rejects.toThrow('give autumn() the key of this environment')
    await backend.access(acme)
    await expect(reserve(backend, [{ featureId: 'nothing', units: 1 }])).rejects.toThrow("compare with 'tollgate diff'")
  })
})
