import { expect, it } from 'vitest'
import { type BackendUnderTest, callerOf, commit, HOUR_MS, held, messages, operation, reserve } from './underTest.fixture.ts'

/** What is told of customers, and of what they used. */
export function readingContract(start: () => Promise<BackendUnderTest>): void {
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
}
