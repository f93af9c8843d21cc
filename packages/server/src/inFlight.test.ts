import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { describe, expect, it, vi } from 'vitest'
import { embedded } from './backends/embedded.ts'
import { clientOf, failureOf, linkKinds } from './client.fixture.ts'
import { createMetering } from './createMetering.ts'
import { denialOf } from './denialError.ts'
import { denialFormatter } from './denialShape.ts'
import { inFlight } from './inFlight.ts'
import { type Context, openEngineOf, openMetering, START, serve } from './served.fixture.ts'
import { nextSettlement } from './settlement.fixture.ts'

const features = defineFeatures({ images: metered(), generations: metered({ consumable: false }) })
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { images: included(100) } },
  studio: { name: 'Studio', price: { amount: 50, interval: 'month' }, items: { images: included(1_000), generations: included(5) } },
})
const acme = { user: { orgId: 'acme' } }

async function open(limit?: number, holdTtlMs = 60_000) {
  const clock = { now: START }
  const engine = openEngineOf(features, plans, clock)
  const metering = createMetering({
    features,
    backend: embedded(engine),
    identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
    onOutage: 'deny',
    holdTtlMs,
  })
  const t = initTRPC.context<Context>().create({ errorFormatter: denialFormatter })
  const { meteredProcedure } = metering.procedures(t.procedure)
  const work = Promise.withResolvers<string>()
  const router = t.router({
    generate: meteredProcedure('images', { units: 2, inFlight: inFlight('generations', limit) }).mutation(() => work.promise),
    fail: meteredProcedure('images', { units: 2, inFlight: inFlight('generations', limit) }).mutation(() => {
      throw new Error('broken')
    }),
    stream: meteredProcedure('images', { units: 1, inFlight: inFlight('generations', limit) }).mutation(async function* () {
      yield 'image'
    }),
  })
  const access = async (featureId: 'images' | 'generations') => {
    const feature = (await embedded(engine).access({ customerId: 'acme', entityId: null })).features[featureId]
    if (feature === undefined || feature.type === 'boolean') throw new Error(`no balance of ${featureId}`)
    return feature
  }
  return { engine, clock, metering, t, router, work, access, caller: router.createCaller(acme) }
}

describe.each(linkKinds)('calls in flight, over the %s link', (kind) => {
  it('are as many as the limit says, and the next is denied without running', async () => {
    const { router, work, access } = await open(3)
    const url = await serve(router)
    // Requests of their own: the answers of a batch may wait for each other.
    const generate = () => clientOf<typeof router>(url, { kind }).generate.mutate()
    const calls = Array.from({ length: 3 }, generate)
    await vi.waitFor(async () => expect(await access('generations')).toMatchObject({ held: 3 }))
    const refused = await Promise.all([failureOf(generate()), failureOf(generate())])
    expect(refused.map((failure) => failure.data?.denial)).toMatchObject(
      Array(2).fill({ reason: 'limit_reached', featureId: 'generations', required: 1, remaining: 0 }),
    )
    expect(await access('generations')).toMatchObject({ granted: 3, held: 3, used: 0, remaining: 0 })
    work.resolve('image')
    expect(await Promise.all(calls)).toEqual(['image', 'image', 'image'])
    expect(await access('generations')).toMatchObject({ granted: 3, held: 0, used: 0, remaining: 3 })
    expect(await access('images')).toMatchObject({ held: 0, used: 6 })
    expect(await generate()).toBe('image')
  })
})

describe('a slot', () => {
  it('comes back when the reader of a stream breaks off, or aborts', async () => {
    const { engine, metering, t, access } = await open(1)
    const { meteredProcedure } = metering.procedures(t.procedure)
    const router = t.router({
      stream: meteredProcedure('images', { units: 1, inFlight: inFlight('generations', 1) }).mutation(async function* ({ signal }) {
        yield 'image'
        await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      }),
    })
    const client = clientOf<typeof router>(await serve(router), { kind: 'stream' })
    const first = nextSettlement(engine)
    for await (const _ of await client.stream.mutate()) break
    await first
    const abort = new AbortController()
    const second = nextSettlement(engine)
    await failureOf(
      (async () => {
        for await (const _ of await client.stream.mutate(undefined, { signal: abort.signal })) abort.abort()
      })(),
    )
    await second
    expect(await access('generations')).toMatchObject({ held: 0, used: 0, remaining: 1 })
  })

  it('comes back when the call fails, and when its stream ends', async () => {
    const { caller, access } = await open(1)
    await failureOf(caller.fail())
    await failureOf(caller.fail())
    for await (const _ of await caller.stream());
    for await (const _ of await caller.stream());
    expect(await access('generations')).toMatchObject({ held: 0, used: 0, remaining: 1 })
    expect(await access('images')).toMatchObject({ used: 2, held: 0 })
  })

  it('expires with a process that died', async () => {
    const { engine, clock, work, caller } = await open(1)
    // Another process took the slot, and was killed.
    const items = [{ featureId: 'generations', units: 1 }]
    const who = { customerId: 'acme', entityId: null }
    await embedded(engine).allot?.(who, { featureId: 'generations', units: 1 })
    const held = await embedded(engine).reserve({
      caller: who,
      items,
      operation: { id: 'dead', fingerprint: '', unique: true },
      ttlMs: 60_000,
      procedure: 'generate',
    })
    expect(held.kind).toBe('held')
    expect(denialOf(await failureOf(caller.generate()))).toMatchObject({ featureId: 'generations' })
    clock.now += 60_001
    work.resolve('image')
    expect(await caller.generate()).toBe('image')
  })

  it('is not counted by the call: its cost and its quote are of the other features', async () => {
    const { metering, t, router } = await open(2)
    const app = t.router({ work: router, usage: metering.usageRouter(t.procedure, { router: () => router }) })
    const caller = app.createCaller(acme)
    expect((await caller.usage.quote({ path: 'generate' })).costs).toMatchObject([{ featureId: 'images', units: 2 }])
    expect((await caller.usage.manifest()).procedures['generate']).toEqual({ kind: 'metered', costs: [{ featureId: 'images', units: 2 }] })
  })
})

describe('the limit', () => {
  it("is the plan's where a plan says it", async () => {
    const { engine, work, caller, access } = await open(1)
    work.resolve('image')
    await caller.generate()
    expect(await access('generations')).toMatchObject({ granted: 1 })
    await engine.execute('acme', { kind: 'attach', planId: 'studio', entityId: null, quantities: [], trial: 'none' })
    await caller.generate()
    expect(await access('generations')).toMatchObject({ granted: 5 })
  })

  it('may be left to the plans alone: then a customer whose plan has none of it is denied', async () => {
    const { engine, work, caller } = await open()
    work.resolve('image')
    expect(denialOf(await failureOf(caller.generate()))).toMatchObject({
      reason: 'feature_not_in_plan',
      featureId: 'generations',
      unlockedBy: [{ planId: 'studio' }],
    })
    await engine.execute('acme', { kind: 'attach', planId: 'studio', entityId: null, quantities: [], trial: 'none' })
    expect(await caller.generate()).toBe('image')
  })

  it('follows the code when it is changed', async () => {
    const { engine, metering, t, access } = await open(1)
    const generate = (limit: number) =>
      t
        .router({
          go: metering
            .procedures(t.procedure)
            .meteredProcedure('images', { units: 1, inFlight: inFlight('generations', limit) })
            .mutation(() => 'image'),
        })
        .createCaller(acme)
        .go()
    await generate(3)
    expect(await access('generations')).toMatchObject({ granted: 3 })
    await generate(2)
    expect(await access('generations')).toMatchObject({ granted: 2 })
    const { seq } = (await engine.customer('acme')) ?? { seq: 0 }
    await generate(2)
    // One hold and its end: nothing was written for the limit.
    expect((await engine.customer('acme'))?.seq).toBe(seq + 2)
  })

  it('may be all that a procedure is metered by', async () => {
    const { metering, t, access } = await open()
    const work = Promise.withResolvers<string>()
    const { meteredProcedure } = metering.procedures(t.procedure)
    const router = t.router({ go: meteredProcedure({}, { inFlight: inFlight('generations', 1) }).mutation(() => work.promise) })
    const caller = router.createCaller(acme)
    const first = caller.go()
    await vi.waitFor(async () => expect(await access('generations')).toMatchObject({ held: 1 }))
    expect(denialOf(await failureOf(caller.go()))).toMatchObject({ featureId: 'generations' })
    work.resolve('done')
    expect(await first).toBe('done')
    expect(await access('generations')).toMatchObject({ held: 0, used: 0 })
  })

  it('must be a number of calls, of a metered feature', async () => {
    const { metering } = await openMetering()
    expect(() => inFlight('generations', 0)).toThrow("inFlight('generations', 0): give a whole number of calls from 1")
    const meter = metering.metered as unknown as (id: string, options: object) => void
    expect(() => meter('messages', { units: 1, inFlight: inFlight('sso', 1) })).toThrow(
      "inFlight('sso'): calls in flight are counted by a metered feature; declare sso: metered()",
    )
    expect(() => meter('messages', { units: 1, inFlight: inFlight('messages', 1) })).toThrow(
      "'messages' counts the calls in flight: a call cannot use it up as well",
    )
  })
})
