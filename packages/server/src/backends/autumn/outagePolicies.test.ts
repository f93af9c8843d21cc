import { initTRPC } from '@trpc/server'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createMetering } from '../../createMetering.ts'
import { denialOf } from '../../denialError.ts'
import { allowUpTo, type OutagePolicies } from '../../outage/outagePolicy.ts'
import type { OutageUse } from '../../outage/outageRecords.ts'
import type { NetworkFault } from '../../testing/faultProxy.ts'
import { features, held } from '../backend.contract.ts'
import { type Caller, OutageError } from '../backend.ts'
import { SECRET, type TestAutumnOptions } from './autumn.fixture.ts'
import { autumn } from './autumn.ts'
import { lease } from './leases.ts'
import { type ProxiedAutumn, startProxied } from './proxied.fixture.ts'

const opened: ProxiedAutumn[] = []

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function start(options: TestAutumnOptions = {}): Promise<ProxiedAutumn> {
  const test = await startProxied(options)
  opened.push(test)
  return test
}

const outages: readonly (readonly [string, NetworkFault])[] = [
  ['nobody listens', { kind: 'close', when: 'before' }],
  ['nobody answers', { kind: 'drop_request' }],
  ['the server fails', { kind: 'answer', status: 500 }],
  ['the server is overloaded', { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }],
]

/** An application that sends messages, and learns what it let through. */
async function openApplication(onOutage: OutagePolicies<typeof features>, options: TestAutumnOptions = {}) {
  const test = await start(options)
  const t = initTRPC.context<{ readonly org: string }>().create()
  const uses: OutageUse[] = []
  const metering = createMetering({
    features,
    backend: test.backend,
    identify: ({ ctx }: { ctx: { readonly org: string } }) => ({ customerId: ctx.org }),
    onOutage,
    onOutageUse: (use) => uses.push(use),
    onError: () => undefined,
  })
  let ran = 0
  const { meteredProcedure } = metering.procedures(t.procedure)
  const router = t.router({
    send: meteredProcedure('messages', { input: z.number(), units: ({ input }) => input }).mutation(() => {
      ran += 1
      return 'sent'
    }),
  })
  const send = (units: number, org = 'acme') => router.createCaller({ org }).send(units)
  return { ...test, metering, uses, send, ran: () => ran }
}

/** What Autumn has heard of, once everything is sent that waited. */
async function told({ backend, advance, ledgerUsed }: Pick<ProxiedAutumn, 'backend' | 'advance' | 'ledgerUsed'>): Promise<number> {
  advance(20_000)
  await backend.outbox.drain()
  return ledgerUsed('acme', 'messages')
}

describe.each(outages)('while %s', (_, fault) => {
  // Only where nothing comes back the budget has to run out.
  const budget = { timeoutMs: fault.kind === 'drop_request' ? 1_000 : 5_000 }

  it('deny refuses, runs nothing, and charges nothing', async () => {
    const { proxy, send, ran, backend, advance, ledgerUsed } = await openApplication('deny', budget)
    proxy.use(() => fault)
    const error: unknown = await send(1).catch((thrown: unknown) => thrown)
    expect(denialOf(error)).toMatchObject({ reason: 'outage', featureId: 'messages', remaining: null })
    expect(ran()).toBe(0)
    proxy.use(null)
    await expect.poll(() => told({ backend, advance, ledgerUsed })).toBe(0)
    expect(await send(10)).toBe('sent')
  })

  it('allow lets calls through, and tells afterwards what was too much', async () => {
    const { proxy, send, metering, uses, backend, ledgerUsed, advance } = await openApplication('allow', budget)
    await send(4)
    proxy.use(() => fault)
    expect(await send(5)).toBe('sent')
    expect(await send(3)).toBe('sent')
    proxy.use(null)
    await metering.drain()
    await expect.poll(() => told({ backend, advance, ledgerUsed })).toBe(12)
    const use = { customerId: 'acme', entityId: null, featureId: 'messages' }
    expect(uses).toEqual([
      { ...use, units: 5, overshoot: 0 },
      { ...use, units: 3, overshoot: 2 },
    ])
    expect(denialOf(await send(1).catch((thrown: unknown) => thrown))).toMatchObject({ reason: 'limit_reached' })
  })
})

it('allowUpTo lets so many units of a feature through for each customer, and as many again once they are recorded', async () => {
  const { proxy, send, metering, backend, ledgerUsed, advance } = await openApplication(allowUpTo(3))
  proxy.use(() => ({ kind: 'close', when: 'before' }))
  const outcome = async (units: number, org?: string) => denialOf(await send(units, org).catch((error: unknown) => error))?.reason ?? 'sent'
  expect([await outcome(2), await outcome(2), await outcome(1), await outcome(1), await outcome(3, 'other')]).toEqual([
    'sent',
    'outage',
    'sent',
    'outage',
    'sent',
  ])
  proxy.use(null)
  await metering.drain()
  advance(20_000)
  await backend.outbox.drain()
  expect([await ledgerUsed('acme', 'messages'), await ledgerUsed('other', 'messages')]).toEqual([3, 3])
  proxy.use(() => ({ kind: 'close', when: 'before' }))
  expect(await outcome(3)).toBe('sent')
  proxy.use(null)
  await metering.drain()
})

it('what was let through is on the disk when the call is answered, and is told by the next process if this one dies', async () => {
  const { proxy, send, backend, another, advance, ledgerUsed, metering } = await openApplication('allow')
  proxy.use(() => ({ kind: 'close', when: 'before' }))
  await send(4)
  // The use, and the end of a lock of which it is not known whether it was taken.
  expect(await backend.outbox.metrics()).toMatchObject({ pending: 2, dead: 0 })
  // The desk of this process keeps failing, as if it were gone.
  const next = another({ fetch: (request) => fetch(new Request(`${proxy.url}${new URL(request.url).pathname}`, request)) })
  advance(10 * 60_000)
  proxy.use(({ path }) => (path.endsWith('track') ? null : { kind: 'close', when: 'before' }))
  await next.outbox.drain({ early: false })
  expect(await ledgerUsed('acme', 'messages')).toBe(4)
  proxy.use(null)
  await metering.drain()
  await backend.outbox.drain()
  expect(await ledgerUsed('acme', 'messages')).toBe(4)
})

describe('the budget', () => {
  const acme: Caller = { customerId: 'acme', entityId: null }
  const items = [{ featureId: 'messages', units: 1 }]
  const operation = (id: string) => ({ id, fingerprint: '' })
  const reserving = (id: string, featureId = 'messages') =>
    ({ caller: acme, items: [{ featureId, units: 1 }], operation: operation(id), ttlMs: 60_000, procedure: 'test.call' }) as const

  it('is half a second for a call, unless another is given', async () => {
    const { proxy, requests } = await start()
    const backend = autumn({ secretKey: SECRET, url: proxy.url, features, outbox: { url: 'memory:' } })
    onTestFinished(() => backend.close())
    // Loading the client takes its time, and is no part of a call.
    const before = requests.length
    while (requests.length === before) await backend.access(acme).catch(() => undefined)
    proxy.use(() => ({ kind: 'drop_request' }))
    const startedAt = performance.now()
    await expect(backend.reserve(reserving('one'))).rejects.toBeInstanceOf(OutageError)
    // The client's own default is five seconds.
    expect(performance.now() - startedAt).toBeLessThan(4_000)
  })

  it('ends every call that is never answered', async () => {
    const { proxy, backend, advance } = await start({
      timeoutMs: 200,
      lease: { logs: lease({ units: 5, ttlMs: 60_000 }) },
      pattern: { calls: 'track' },
    })
    const committed = held(await backend.reserve(reserving('committed')))
    const released = held(await backend.reserve(reserving('released')))
    const extended = held(await backend.reserve(reserving('extended')))
    await backend.commit(held(await backend.reserve(reserving('refunded'))), { units: items, overage: 'refuse', answer: null })
    advance(10_000)
    proxy.use(() => ({ kind: 'drop_request' }))
    const outage = { status: 'rejected', reason: expect.any(OutageError) }
    const unanswered = await Promise.allSettled([
      backend.access(acme),
      backend.check({ caller: acme, items }),
      backend.reserve(reserving('lock')),
      backend.reserve(reserving('check', 'calls')),
      backend.reserve(reserving('lease', 'logs')),
      backend.extend(extended, items, 60_000),
      backend.history({ caller: acme, featureIds: ['messages'], from: 0, until: 1, bin: 'hour' }),
      backend.allot?.(acme, { featureId: 'runs', units: 1 }),
    ])
    expect(unanswered).toMatchObject(unanswered.map(() => outage))
    const recorded = await Promise.all([
      backend.commit(committed, { units: items, overage: 'refuse', answer: null }),
      backend.release(released),
      backend.record({ caller: acme, items, operation: operation('job'), overage: 'overflow', procedure: 'job', answer: null }),
      backend.refund(acme, 'refunded'),
    ])
    expect(recorded.map(({ kind }) => kind)).toEqual(['committed', 'released', 'committed', 'refunded'])
  })
})
