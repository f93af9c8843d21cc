import { expect, it } from 'vitest'
import { type BackendUnderTest, callerOf, commit, held, messages, operation, reserve } from './underTest.fixture.ts'

/** An operation takes effect once. */
export function operationsContract(start: () => Promise<BackendUnderTest>): void {
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
}
