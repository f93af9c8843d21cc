import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'
import { afterEach, describe, expect, it } from 'vitest'
import type { Backend, Caller, FeatureUnits, Hold, Reservation } from './backend.ts'

export const features = defineFeatures({
  messages: metered(),
  images: metered(),
  calls: metered(),
  seats: metered({ consumable: false }),
  logs: metered(),
  sso: boolean(),
  audit: boolean(),
  credits: creditSystem({ images: 10, calls: 1 }),
})

export const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: {
      messages: included(10).per('month'),
      images: included(2).per('month'),
      credits: included(50).per('month'),
      sso: granted(),
      logs: unlimited(),
    },
  },
  pro: { name: 'Pro', items: { messages: included(1_000).per('month'), audit: granted(), credits: included(5_000).per('month') } },
})

/** One backend under test, on a clock that the test moves. */
export interface BackendUnderTest {
  readonly backend: Backend
  /** Moves the clock of the backend and of what is behind it. */
  advance(ms: number): void
  /** What the ledger says was used, once everything is told: the truth behind the backend. */
  usedOf(customerId: string, featureId: string): Promise<number>
  close(): Promise<void>
}

const HOUR_MS = 3_600_000

/** What every backend promises. */
export function backendContract(name: string, open: () => Promise<BackendUnderTest>): void {
  describe(name, () => {
    const opened: BackendUnderTest[] = []
    let ids = 0

    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close()
    })

    async function start() {
      const test = await open()
      opened.push(test)
      return test
    }

    const callerOf = (customerId = 'acme'): Caller => ({ customerId, entityId: null })
    const operation = (fingerprint = 'input') => ({ id: `operation-${ids++}`, fingerprint })
    const reserve = (backend: Backend, items: readonly FeatureUnits[], { caller = callerOf(), ref = operation(), ttlMs = HOUR_MS } = {}) =>
      backend.reserve({ caller, items, operation: ref, ttlMs, procedure: 'test.call' })
    const messages = (units: number): readonly FeatureUnits[] => [{ featureId: 'messages', units }]
    const commit = (backend: Backend, hold: Hold, units: readonly FeatureUnits[], answer: string | null = null) =>
      backend.commit(hold, { units, overage: 'refuse', answer })

    it('charges what a call has used, and no more than once', async () => {
      const { backend, usedOf } = await start()
      const hold = held(await reserve(backend, messages(4)))
      expect((await commit(backend, hold, messages(4))).kind).toBe('committed')
      expect(await commit(backend, hold, messages(4))).toEqual({ kind: 'ended', became: 'committed' })
      expect(await usedOf('acme', 'messages')).toBe(4)
    })

    it('gives all units back when a call fails', async () => {
      const { backend, usedOf } = await start()
      const hold = held(await reserve(backend, messages(10)))
      expect((await backend.release(hold)).kind).toBe('released')
      expect(await backend.release(hold)).toEqual({ kind: 'ended', became: 'released' })
      expect(await usedOf('acme', 'messages')).toBe(0)
      expect((await reserve(backend, messages(10))).kind).toBe('held')
    })

    it('gives back what was held and not used', async () => {
      const { backend, usedOf } = await start()
      const hold = held(await reserve(backend, messages(8)))
      await commit(backend, hold, messages(3))
      expect(await usedOf('acme', 'messages')).toBe(3)
      expect((await reserve(backend, messages(7))).kind).toBe('held')
    })

    it('releases everything when a call turns out to have used nothing', async () => {
      const { backend, usedOf } = await start()
      const hold = held(await reserve(backend, messages(8)))
      expect((await commit(backend, hold, messages(0))).kind).toBe('committed')
      expect(await usedOf('acme', 'messages')).toBe(0)
    })

    it('admits exactly as many of many calls at once as the balance pays', async () => {
      const { backend, usedOf } = await start()
      const answers = await Promise.all(Array.from({ length: 30 }, () => reserve(backend, messages(3))))
      const holds = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.hold] : []))
      expect(holds).toHaveLength(3)
      await Promise.all(holds.map((hold) => commit(backend, hold, messages(3))))
      expect(await usedOf('acme', 'messages')).toBe(9)
    })

    it('says what was short, and which plans would do', async () => {
      const { backend } = await start()
      const answer = await reserve(backend, messages(11))
      expect(answer).toMatchObject({
        kind: 'denied',
        denial: { reason: 'limit_reached', featureId: 'messages', poolId: 'messages', required: 11, remaining: 10 },
      })
      expect(answer.kind === 'denied' && answer.denial.unlockedBy).toEqual([{ planId: 'pro', name: 'Pro' }])
    })

    it('says that a feature is in none of the plans', async () => {
      const { backend } = await start()
      const answer = await reserve(backend, [{ featureId: 'seats', units: 1 }])
      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'feature_not_in_plan', featureId: 'seats', poolId: null } })
    })

    it('tells a shortage of a pool in credits', async () => {
      const { backend } = await start()
      const answer = await reserve(backend, [{ featureId: 'calls', units: 51 }])
      expect(answer).toMatchObject({ kind: 'denied', denial: { featureId: 'calls', poolId: 'credits', required: 51, remaining: 50 } })
    })

    it('spends the feature itself and its pool together', async () => {
      const { backend, usedOf } = await start()
      const images = [{ featureId: 'images', units: 7 }]
      await expectAllowed(backend, images)
      const hold = held(await reserve(backend, images))
      await commit(backend, hold, images)
      expect(await usedOf('acme', 'images')).toBe(2)
      expect(await usedOf('acme', 'credits')).toBe(50)
      expect((await backend.check({ caller: callerOf(), items: [{ featureId: 'images', units: 1 }] })).kind).toBe('denied')
    })

    it('takes several features together or none of them', async () => {
      const { backend, usedOf } = await start()
      const both = [...messages(5), { featureId: 'calls', units: 50 }]
      expect((await reserve(backend, [...messages(5), { featureId: 'calls', units: 51 }])).kind).toBe('denied')
      const hold = held(await reserve(backend, both))
      await commit(backend, hold, both)
      expect(await usedOf('acme', 'messages')).toBe(5)
      expect(await usedOf('acme', 'credits')).toBe(50)
    })

    it('keeps amounts exact', async () => {
      const { backend, usedOf } = await start()
      for (let i = 0; i < 3; i++) await commit(backend, held(await reserve(backend, messages(0.1))), messages(0.1))
      expect(await usedOf('acme', 'messages')).toBe(0.3)
    })

    it('runs an operation once, and answers its repeat with what was stored', async () => {
      const { backend, usedOf } = await start()
      const ref = operation()
      const hold = held(await reserve(backend, messages(2), { ref }))
      expect((await reserve(backend, messages(2), { ref })).kind).toBe('running')
      await commit(backend, hold, messages(2), '{"text":"done"}')
      expect(await reserve(backend, messages(2), { ref })).toMatchObject({ kind: 'repeated', answer: '{"text":"done"}' })
      expect((await reserve(backend, messages(2), { ref: { ...ref, fingerprint: 'other' } })).kind).toBe('conflict')
      expect(await usedOf('acme', 'messages')).toBe(2)
    })

    it('lets an operation run again after it was released', async () => {
      const { backend } = await start()
      const ref = operation()
      await backend.release(held(await reserve(backend, messages(2), { ref })))
      expect((await reserve(backend, messages(2), { ref })).kind).toBe('held')
    })

    it('begins one of two calls at once with the same operation', async () => {
      const { backend } = await start()
      const ref = operation()
      const answers = await Promise.all([1, 2, 3].map(() => reserve(backend, messages(2), { ref })))
      expect(answers.map(({ kind }) => kind).sort()).toEqual(['held', 'running', 'running'])
    })

    it('ends a hold by itself when its time is over, and records the work without it', async () => {
      const { backend, usedOf, advance } = await start()
      const ref = operation()
      const hold = held(await reserve(backend, messages(10), { ref, ttlMs: 60_000 }))
      advance(61_000)
      expect(await commit(backend, hold, messages(10))).toEqual({ kind: 'ended', became: 'expired' })
      const recorded = await backend.record({
        caller: callerOf(),
        items: messages(10),
        operation: ref,
        overage: 'cap',
        procedure: 'test.call',
        answer: null,
      })
      expect(recorded.kind).toBe('committed')
      expect(await usedOf('acme', 'messages')).toBe(10)
    })

    it('gives the units of an expired hold to the next call', async () => {
      const { backend, advance } = await start()
      held(await reserve(backend, messages(10), { ttlMs: 60_000 }))
      expect((await reserve(backend, messages(1))).kind).toBe('denied')
      advance(61_000)
      expect((await reserve(backend, messages(10))).kind).toBe('held')
    })

    it('extends a hold by units and in time', async () => {
      const { backend, usedOf, advance } = await start()
      const hold = held(await reserve(backend, messages(2), { ttlMs: 60_000 }))
      expect((await backend.extend(hold, messages(3), 600_000)).kind).toBe('extended')
      expect((await backend.extend(hold, messages(6), 600_000)).kind).toBe('denied')
      advance(300_000)
      expect((await backend.extend(hold, [], 600_000)).kind).toBe('extended')
      expect((await commit(backend, hold, messages(5))).kind).toBe('committed')
      expect(await usedOf('acme', 'messages')).toBe(5)
    })

    it('refuses, caps or overflows what a call used beyond its hold, as it is told', async () => {
      const { backend, usedOf } = await start()
      const hold = held(await reserve(backend, messages(8)))
      expect((await commit(backend, hold, messages(12))).kind).toBe('denied')
      expect((await backend.commit(hold, { units: messages(12), overage: 'cap', answer: null })).kind).toBe('committed')
      expect(await usedOf('acme', 'messages')).toBe(10)
      const caller = callerOf('other')
      const second = held(await reserve(backend, messages(8), { caller }))
      await backend.commit(second, { units: messages(12), overage: 'overflow', answer: null })
      expect(await usedOf('other', 'messages')).toBe(12)
    })

    it('records a use once per operation', async () => {
      const { backend, usedOf } = await start()
      const record = {
        caller: callerOf(),
        items: messages(4),
        operation: operation(),
        overage: 'overflow',
        procedure: 'test.job',
        answer: 'ok',
      } as const
      expect((await backend.record(record)).kind).toBe('committed')
      expect(await backend.record(record)).toMatchObject({ kind: 'repeated', answer: 'ok' })
      expect((await backend.record({ ...record, operation: { ...record.operation, fingerprint: 'other' } })).kind).toBe('conflict')
      expect(await usedOf('acme', 'messages')).toBe(4)
    })

    it('tells gates and checks without moving anything', async () => {
      const { backend, usedOf } = await start()
      const asks = (featureId: string, units = 1) => backend.check({ caller: callerOf(), items: [{ featureId, units }] })
      expect((await asks('sso')).kind).toBe('allowed')
      expect(await asks('audit')).toMatchObject({ kind: 'denied', denial: { reason: 'feature_not_in_plan' } })
      expect((await asks('logs', 1e9)).kind).toBe('allowed')
      expect((await asks('messages', 10)).kind).toBe('allowed')
      expect((await asks('messages', 10.0001)).kind).toBe('denied')
      expect(await usedOf('acme', 'messages')).toBe(0)
    })

    it('shows what a customer has, what is held, and what is left', async () => {
      const { backend } = await start()
      const hold = held(await reserve(backend, messages(4)))
      const running = await backend.access(callerOf())
      expect(running.features['messages']).toMatchObject({ granted: 10, used: 0, held: 4, remaining: 6, unlimited: false })
      expect(running.features['sso']).toEqual({ featureId: 'sso', type: 'boolean', granted: true })
      expect(running.features['logs']).toMatchObject({ unlimited: true })
      expect(running.features['seats']).toBeUndefined()
      expect(running.plans).toMatchObject([{ planId: 'free', status: 'active' }])
      const answer = await commit(backend, hold, messages(1))
      const after = answer.kind === 'committed' ? answer.access() : null
      expect(after?.features['messages']).toMatchObject({ used: 1, held: 0, remaining: 9 })
      expect(after && after.version > running.version).toBe(true)
    })

    it('tells those who watch of every change', async () => {
      const { backend } = await start()
      await backend.access(callerOf())
      const seen: number[] = []
      const stop = backend.watch(callerOf(), ({ features: { messages: balance } }) => {
        if (balance?.type === 'metered') seen.push(balance.remaining)
      })
      await commit(backend, held(await reserve(backend, messages(4))), messages(4))
      expect(seen.at(-1)).toBe(6)
      stop()
      const heard = seen.length
      await commit(backend, held(await reserve(backend, messages(1))), messages(1))
      expect(seen).toHaveLength(heard)
    })

    it('keeps receipts, and gives a finished operation back once', async () => {
      const { backend, usedOf } = await start()
      const ref = operation()
      const hold = held(await reserve(backend, messages(4), { ref }))
      const answer = await commit(backend, hold, messages(3))
      expect(answer.kind === 'committed' && answer.receipt()).toMatchObject({
        operationId: ref.id,
        customerId: 'acme',
        items: [{ featureId: 'messages', units: 3 }],
      })
      expect(await backend.receipt(callerOf(), ref.id)).toMatchObject({ items: [{ featureId: 'messages', units: 3 }] })
      expect(await backend.receipt(callerOf('other'), ref.id)).toBeNull()
      expect(await backend.refund(callerOf(), ref.id)).toMatchObject({
        kind: 'refunded',
        receipt: { items: [{ featureId: 'messages', units: -3 }] },
      })
      expect((await backend.refund(callerOf(), ref.id)).kind).toBe('already_refunded')
      expect((await backend.refund(callerOf('other'), ref.id)).kind).toBe('not_found')
      expect(await usedOf('acme', 'messages')).toBe(0)
      const page = await backend.receipts({ caller: callerOf(), limit: 10, cursor: null, featureId: null, search: null })
      expect(page.items.map(({ kind }) => kind).sort()).toEqual(['refund', 'use'])
      expect(page.items.find(({ kind }) => kind === 'use')?.procedure).toBe('test.call')
    })

    it('sums what was used over time', async () => {
      const test = await start()
      const { backend, usedOf } = test
      await commit(backend, held(await reserve(backend, messages(4))), messages(3))
      await usedOf('acme', 'messages')
      const at = (await backend.access(callerOf())).at
      const points = await backend.history({
        caller: callerOf(),
        featureIds: ['messages'],
        from: at - 2 * HOUR_MS,
        until: at + 2 * HOUR_MS,
        bin: 'hour',
      })
      expect(points.reduce((sum, { units }) => sum + (units['messages'] ?? 0), 0)).toBe(3)
    })

    it('lists the plans on offer', async () => {
      const { backend } = await start()
      expect((await backend.plans()).map(({ id }) => id)).toEqual(['free', 'pro'])
    })

    it('creates a customer on first sight, whatever the first call is', async () => {
      const { backend } = await start()
      expect((await backend.access(callerOf('a'))).features['messages']).toMatchObject({ remaining: 10 })
      expect((await reserve(backend, messages(10), { caller: callerOf('b') })).kind).toBe('held')
      expect((await backend.check({ caller: callerOf('c'), items: messages(10) })).kind).toBe('allowed')
      await Promise.all(Array.from({ length: 5 }, () => backend.access(callerOf('d'))))
    })

    it('refuses an entity that does not exist', async () => {
      const { backend } = await start()
      await backend.access(callerOf())
      const answer = await reserve(backend, messages(1), { caller: { customerId: 'acme', entityId: 'nobody' } })
      expect(answer).toMatchObject({ kind: 'denied', denial: { reason: 'entity_not_found' } })
    })

    async function expectAllowed(backend: Backend, items: readonly FeatureUnits[]) {
      expect((await backend.check({ caller: callerOf(), items })).kind).toBe('allowed')
    }
  })
}

/** The hold of a call that was let through. */
export function held(reservation: Reservation): Hold {
  if (reservation.kind !== 'held') throw new Error(`the call was not let through: ${JSON.stringify(reservation)}`)
  return reservation.hold
}
