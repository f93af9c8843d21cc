import { expect, it } from 'vitest'
import { type BackendUnderTest, callerOf, commit, held, messages, operation, reserve } from './underTest.fixture.ts'

/** Every hold ends, and may grow before it does. */
export function holdsContract(start: () => Promise<BackendUnderTest>): void {
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
}
