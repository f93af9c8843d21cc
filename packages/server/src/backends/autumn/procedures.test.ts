import { initTRPC } from '@trpc/server'
import { afterEach, describe, expect, it } from 'vitest'
import { createMetering } from '../../createMetering.ts'
import { denialOf } from '../../denialError.ts'
import { inFlight } from '../../inFlight.ts'
import { features } from '../backend.contract.ts'
import type { Backend } from '../backend.ts'
import { embedded } from '../embedded.ts'
import { startAutumn, type TestAutumn, type TestAutumnOptions } from './autumn.fixture.ts'
import { lease } from './leases.ts'

const opened: TestAutumn[] = []

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function start(options: TestAutumnOptions = {}): Promise<TestAutumn> {
  const test = await startAutumn({ settle: 'await', ...options })
  opened.push(test)
  await test.backend.access({ customerId: 'acme', entityId: null })
  return test
}

function proceduresOn(backend: Backend) {
  const t = initTRPC.create()
  const metering = createMetering({ features, backend, identify: () => ({ customerId: 'acme' }), onOutage: 'deny' })
  return { t, ...metering.procedures(t.procedure) }
}

describe('the pattern of a procedure', () => {
  async function calls(options: TestAutumnOptions, pattern?: 'hold' | 'track') {
    const { backend, requests, ledgerUsed } = await start(options)
    const { t, meteredProcedure } = proceduresOn(backend)
    const router = t.router({
      send: meteredProcedure('messages', { units: 2, ...(pattern && { pattern }) }).mutation(async ({ ctx }) => ctx.usage.add(3)),
    })
    const before = requests.length
    await router.createCaller({}).send()
    await backend.outbox.drain()
    expect(await ledgerUsed('acme', 'messages')).toBe(3)
    return requests
      .slice(before)
      .map(({ path, body }) => `${path.replace('/v1/balances.', '')}${body['lock'] === undefined ? '' : ' with lock'}`)
  }

  it('is the hold, when nobody says otherwise', async () => {
    // Units beyond those set aside are set aside before they are counted.
    expect(await calls({})).toEqual(['check with lock', 'check with lock', 'finalize', 'finalize'])
  })

  it('is the one of its feature', async () => {
    expect(await calls({ pattern: { messages: 'track' } })).toEqual(['check', 'check', 'track', 'track'])
  })

  it('is its own, before that of its feature', async () => {
    expect(await calls({}, 'track')).toEqual(['check', 'check', 'track', 'track'])
    expect(await calls({ pattern: { messages: 'track' } }, 'hold')).toEqual(['check with lock', 'check with lock', 'finalize', 'finalize'])
  })

  it('can do without the blocks that its feature is leased in', async () => {
    expect(await calls({ lease: { messages: lease({ units: 5, ttlMs: 60_000 }) } }, 'track')).toEqual(['check', 'check', 'track', 'track'])
  })

  it('charges nothing for a call that fails, checked and tracked as well', async () => {
    const { backend, ledgerUsed } = await start()
    const { t, meteredProcedure } = proceduresOn(backend)
    const router = t.router({
      fail: meteredProcedure('messages', { units: 10, pattern: 'track' }).mutation(() => {
        throw new Error('broken')
      }),
      send: meteredProcedure('messages', { units: 10, pattern: 'track' }).mutation(() => 'sent'),
    })
    await expect(router.createCaller({}).fail()).rejects.toThrow('broken')
    expect(await router.createCaller({}).send()).toBe('sent')
    await backend.outbox.drain()
    expect(await ledgerUsed('acme', 'messages')).toBe(10)
  })

  it('cannot be the hold for an allocated feature, whatever the backend is', async () => {
    const { backend, engine } = await start()
    for (const each of [backend, embedded(engine)]) {
      const { meteredProcedure } = proceduresOn(each)
      expect(() => meteredProcedure('seats', { units: 1, pattern: 'hold' })).toThrow(
        "'seats' is an allocated feature, of which Autumn cannot hold units: leave out pattern: 'hold'",
      )
    }
  })

  it('is set aside by the embedded engine, which always holds', async () => {
    const { engine } = await start()
    const { t, meteredProcedure } = proceduresOn(embedded(engine))
    const router = t.router({ send: meteredProcedure('messages', { units: 10, pattern: 'track' }).mutation(() => 'sent') })
    const { send } = router.createCaller({})
    const answers = await Promise.allSettled([send(), send()])
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('calls in flight on Autumn', () => {
  function workOn(backend: Backend, limit: number) {
    const { t, meteredProcedure } = proceduresOn(backend)
    const work = Promise.withResolvers<string>()
    let running = 0
    const router = t.router({
      render: meteredProcedure('messages', { units: 1, inFlight: inFlight('runs', limit) }).mutation(() => {
        running += 1
        return work.promise
      }),
    })
    return { render: () => router.createCaller({}).render(), work, running: () => running }
  }

  for (const [where, backends] of [
    ['one process', ({ backend }: TestAutumn) => [backend, backend]],
    ['several processes', ({ backend, another }: TestAutumn) => [backend, another({ outbox: { url: 'memory:' } })]],
  ] as const) {
    it(`are as many as the limit says in ${where}, although no plan includes the feature, and come back when they end`, async () => {
      const test = await start()
      const procedures = backends(test).map((backend) => workOn(backend, 3))
      const calls = Promise.allSettled(Array.from({ length: 8 }, (_, i) => procedures[i % 2]?.render()))
      await expect.poll(() => procedures.reduce((sum, { running }) => sum + running(), 0)).toBe(3)
      for (const { work } of procedures) work.resolve('image')
      const answers = await calls
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      const [denied] = answers.flatMap((answer) => (answer.status === 'rejected' ? [denialOf(answer.reason)] : []))
      expect(denied).toMatchObject({ reason: 'limit_reached', featureId: 'runs', required: 1, remaining: 0 })
      expect(await procedures[0]?.render()).toBe('image')
      await test.backend.outbox.drain()
      expect(await test.ledgerUsed('acme', 'runs')).toBe(0)
      expect(await test.ledgerUsed('acme', 'messages')).toBe(4)
    })
  }

  it('ask for the allowance once, and again where its number was changed', async () => {
    const { backend, requests, engine } = await start()
    const paths = () => requests.map(({ path }) => path.replace('/v1/', '')).filter((path) => /balances\.(create|update|delete)/.test(path))
    const caller = { customerId: 'acme', entityId: null }
    await Promise.all([1, 2, 3].map(() => backend.allot?.(caller, { featureId: 'runs', units: 3 })))
    expect(paths()).toEqual(['balances.create'])
    await backend.allot?.(caller, { featureId: 'runs', units: 5 })
    expect(paths()).toEqual(['balances.create', 'balances.update'])
    expect((await embedded(engine).access(caller)).features['runs']).toMatchObject({ remaining: 5 })
    await backend.allot?.(caller, { featureId: 'messages', units: 99 })
    expect(paths()).toHaveLength(2)
    expect((await backend.access(caller)).features['messages']).toMatchObject({ remaining: 10 })
  })

  it('cannot be counted by an allocated feature, and say so when the procedure is built', async () => {
    const { backend } = await start()
    const { meteredProcedure } = proceduresOn(backend)
    expect(() => meteredProcedure('messages', { units: 1, inFlight: inFlight('seats', 3) })).toThrow(
      "inFlight('seats'): this backend cannot hold units of an allocated feature for as long as a call runs; declare seats: metered()",
    )
  })
})
