import { expect, it } from 'vitest'
import type { Backend, FeatureUnits } from '../backend.ts'
import { type BackendUnderTest, callerOf, commit, held, messages, reserve } from './underTest.fixture.ts'

/** What is charged, to whom, and when it is refused. */
export function chargingContract(start: () => Promise<BackendUnderTest>): void {
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

  async function expectAllowed(backend: Backend, items: readonly FeatureUnits[]) {
    expect((await backend.check({ caller: callerOf(), items })).kind).toBe('allowed')
  }
}
