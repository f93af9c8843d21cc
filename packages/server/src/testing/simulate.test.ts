import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { inFlight } from '../inFlight.ts'
import { allowUpTo, type OutagePolicy } from '../outage/outagePolicy.ts'
import { simulate } from './simulate.ts'
import { Count, firstFault, noFaults, openSimulated } from './simulatedApp.fixture.ts'

const HOUR_MS = 3_600_000

/** Every kind of metered procedure there is. */
function ownRouter(onOutage: OutagePolicy = 'deny', holdTtlMs?: number) {
  const { t, meteredProcedure, options } = openSimulated(onOutage, holdTtlMs)
  const router = t.router({
    send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent'),
    generate: meteredProcedure('image_gen', {
      input: Count,
      output: z.object({ images: z.number() }),
      units: ({ input }) => input.n,
    }).mutation(({ input }) => ({ images: input.n })),
    both: meteredProcedure({ messages: 1, image_gen: ({ input }) => input.n }, { input: Count }).query(({ input }) => input.n),
    slots: meteredProcedure('messages', { units: 1, inFlight: inFlight('generations', 2) }).mutation(() => 'sent'),
    write: meteredProcedure('messages', { units: 2 }).mutation(async function* ({ ctx }) {
      for (const word of ['a', 'b', 'c']) {
        ctx.usage.add(1)
        yield word
      }
    }),
  })
  return { router, options: { ...options, chunks: { write: 1 } } }
}

describe('our own router', () => {
  it('keeps every promise for 10,000 seeds', { timeout: 300_000 }, async () => {
    const { router, options } = ownRouter()
    expect(await firstFault(router, options, 10_000)).toBeNull()
  })

  it.each([
    ['lets calls through in an outage', 'allow'],
    ['lets some calls through in an outage', allowUpTo(2)],
  ] as const)('keeps them when it %s', { timeout: 60_000 }, async (_how, onOutage) => {
    const { router, options } = ownRouter(onOutage)
    expect(await firstFault(router, options, 1_000)).toBeNull()
  })

  it('keeps them when its calls take longer than its holds live', { timeout: 60_000 }, async () => {
    const { router, options } = ownRouter('deny', 150)
    const faults = { lostRequests: 0, kills: 0, slow: 0 }
    expect(await firstFault(router, { ...options, faults }, 500)).toBeNull()
  })

  it('keeps them without faults, with more calls than there is balance for', async () => {
    const { router, options } = ownRouter()
    expect(await firstFault(router, { ...options, faults: noFaults, calls: 20, customers: ['acme'] }, 50)).toBeNull()
  })
})

describe('simulate()', () => {
  it('says what it cannot simulate', async () => {
    const { t, options, world } = openSimulated()
    const router = t.router({ free: t.procedure.query(() => 'free') })
    await expect(simulate(router, { ...options, seed: 1 })).rejects.toThrow('the router has no metered procedure to simulate')
    const other = { ...world, backend: { ...world.backend } }
    await expect(simulate(router, { ...options, world: other, seed: 1 })).rejects.toThrow(
      'simulate() takes the world that simulated() gave and the router was built on',
    )
  })
})

describe('a resolver that never ends', () => {
  it('does not keep the simulation from ending', async () => {
    const { t, meteredProcedure, options } = openSimulated()
    const router = t.router({ hang: meteredProcedure('messages', { units: 1 }).mutation(() => new Promise<never>(() => {})) })
    await expect(simulate(router, { ...options, seed: 1, faults: noFaults })).rejects.toThrow(
      'the simulation waits for a call that does not end',
    )
  })
})

describe('a hold that nobody ends', () => {
  it('is found', async () => {
    const { t, world, options } = openSimulated()
    let holds = 0
    const router = t.router({
      send: t.procedure
        .use(async ({ ctx, next }) => {
          const caller = { customerId: ctx.user.orgId, entityId: null }
          const operation = { id: `by-hand-${holds++}`, fingerprint: '', unique: true }
          const request = { caller, items: [{ featureId: 'messages', units: 1 }], operation, ttlMs: HOUR_MS, procedure: 'send' }
          const held = await world.backend.reserve(request)
          const keep = async (): Promise<void> => {
            if (held.kind !== 'held') return
            await world.clock.delay(HOUR_MS / 2)
            await world.backend.extend(held.hold, [], HOUR_MS)
            void keep()
          }
          void keep()
          return next()
        })
        .mutation(() => 'sent'),
    })
    const costs = { send: [{ featureId: 'messages', units: 0 }] }
    const { violations } = await simulate(router, { ...options, seed: 1, faults: noFaults, costs, customers: ['acme'] })
    expect(violations).toEqual([{ promise: 6, sentence: 'a hold of acme did not end' }])
  })
})

describe('a seed', () => {
  it('makes the same trace again', async () => {
    const { router, options } = ownRouter()
    const other = ownRouter()
    for (const seed of [1, 2, 3]) {
      const { trace } = await simulate(router, { ...options, seed })
      expect(trace.length).toBeGreaterThan(10)
      expect((await simulate(router, { ...options, seed })).trace).toEqual(trace)
      expect((await simulate(other.router, { ...other.options, seed })).trace).toEqual(trace)
    }
  })
})
