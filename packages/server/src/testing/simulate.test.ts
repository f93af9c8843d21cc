import { boolean, creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createMetering } from '../createMetering.ts'
import { inFlight } from '../inFlight.ts'
import { allowUpTo, type OutagePolicy } from '../outage/outagePolicy.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import { simulated } from './simulated.ts'

const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  generations: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(7).per('month'), credits: included(60).per('month') } },
})
const Count = z.object({ n: z.number() })

interface Context {
  readonly user: { readonly orgId: string }
}

function open(onOutage: OutagePolicy = 'deny', holdTtlMs = 900_000) {
  const world = simulated({ features, plans })
  const metering = createMetering({
    features,
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage,
    holdTtlMs,
    onError: () => {},
    onOutageUse: () => {},
    ...world,
  })
  const t = initTRPC.context<Context>().create()
  const { meteredProcedure } = metering.procedures(t.procedure)
  const options = {
    world,
    context: (customerId: string) => ({ user: { orgId: customerId } }),
    inputs: { generate: (random) => ({ n: random.int(1, 3) }), both: (random) => ({ n: random.int(1, 2) }) },
  } satisfies Omit<SimulateOptions, 'seed'>
  return { world, metering, t, meteredProcedure, options }
}

/** Every kind of metered procedure there is. */
function ownRouter(onOutage: OutagePolicy = 'deny', holdTtlMs?: number) {
  const { t, meteredProcedure, options } = open(onOutage, holdTtlMs)
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

/** The first seed that finds a fault. */
async function firstFault(router: Parameters<typeof simulate>[0], options: Omit<SimulateOptions, 'seed'>, seeds: number) {
  for (let seed = 0; seed < seeds; seed++) {
    const report = await simulate(router, { ...options, seed })
    if (report.violations.length > 0) return report
  }
  return null
}

describe('our own router', () => {
  it('keeps every promise for 10,000 seeds', { timeout: 180_000 }, async () => {
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
    const faults = { lostAnswers: 0, lostRequests: 0, slow: 0, kills: 0, throws: 0, aborts: 0, duplicates: 0, retries: 0 }
    expect(await firstFault(router, { ...options, faults, calls: 20, customers: ['acme'] }, 50)).toBeNull()
  })
})

describe('a broken router', () => {
  const units = [{ featureId: 'messages', units: 1 }]

  /** Procedures that are metered by hand, wrongly. */
  const broken = {
    'tracks before the resolver': ({ t, world }: ReturnType<typeof open>) => {
      let calls = 0
      return t.procedure.use(async ({ ctx, next }) => {
        const caller = { customerId: ctx.user.orgId, entityId: null }
        const operation = { id: `by-hand-${calls++}`, fingerprint: '' }
        await world.backend.record({ caller, items: units, operation, overage: 'cap', procedure: 'send', answer: null })
        return next()
      })
    },
    'tracks afterwards, without waiting for an answer': ({ t, world }: ReturnType<typeof open>) => {
      let calls = 0
      return t.procedure.use(async ({ ctx, next }) => {
        const result = await next()
        const caller = { customerId: ctx.user.orgId, entityId: null }
        const operation = { id: `by-hand-${calls++}`, fingerprint: '' }
        const request = { caller, items: units, operation, overage: 'cap', procedure: 'send', answer: null } as const
        if (result.ok) world.backend.record(request).catch(() => {})
        return result
      })
    },
    'checks, and tracks afterwards': ({ t, world }: ReturnType<typeof open>) => {
      let calls = 0
      return t.procedure.use(async ({ ctx, next }) => {
        const caller = { customerId: ctx.user.orgId, entityId: null }
        const checked = await world.backend.check({ caller, items: units })
        if (checked.kind === 'denied') throw new Error('no more')
        const result = await next()
        const operation = { id: `by-hand-${calls++}`, fingerprint: '' }
        if (result.ok) await world.backend.record({ caller, items: units, operation, overage: 'overflow', procedure: 'send', answer: null })
        return result
      })
    },
  }

  it.each(Object.entries(broken))('is caught: one that %s', async (_how, procedureOf) => {
    const opened = open()
    const router = opened.t.router({ send: procedureOf(opened).mutation(() => 'sent') })
    const options = { ...opened.options, costs: { send: units } }
    const found = await firstFault(router, options, 100)
    expect(found?.violations.length).toBeGreaterThan(0)
    // The seed finds it again, and again in a router built anew.
    const again = open()
    const rebuilt = again.t.router({ send: procedureOf(again).mutation(() => 'sent') })
    expect(await simulate(rebuilt, { ...again.options, costs: { send: units }, seed: found?.seed ?? -1 })).toEqual(found)
  })

  it('is caught: one that does its work again for a repeat', async () => {
    const { t, meteredProcedure, options } = open()
    const work = meteredProcedure('messages', { units: 1 })
    // Another middleware hides the operation id, as a hand-written one that does not know of it would.
    const forgetful = t.procedure.use(({ ctx, next }) => next({ ctx: { ...ctx, [Symbol.for('tollgate.request')]: undefined } }))
    const router = t.router({ send: forgetful.concat(work).mutation(() => 'sent') })
    const found = await firstFault(router, options, 100)
    expect(found?.violations.map(({ promise }) => promise)).toContain(3)
  })

  it('is told what it did, in sentences', async () => {
    const opened = open()
    const router = opened.t.router({ send: broken['tracks before the resolver'](opened).mutation(() => 'sent') })
    const found = await firstFault(router, { ...opened.options, costs: { send: units } }, 100)
    expect(found?.violations[0]).toMatchObject({
      promise: 4,
      sentence: expect.stringMatching(/^(acme|zenith) was charged \d+ messages, more than the \d+ that its finished calls cost$/),
    })
  })
})

describe('simulate()', () => {
  it('says what it cannot simulate', async () => {
    const { t, options, world } = open()
    const router = t.router({ free: t.procedure.query(() => 'free') })
    await expect(simulate(router, { ...options, seed: 1 })).rejects.toThrow('the router has no metered procedure to simulate')
    const other = { ...world, backend: { ...world.backend } }
    await expect(simulate(router, { ...options, world: other, seed: 1 })).rejects.toThrow(
      'simulate() takes the world that simulated() gave and the router was built on',
    )
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
