import { describe, expect, it } from 'vitest'
import { amountOf } from '../amount.ts'
import { allocated, catalogOf, flag, item, metered, plan, rollover } from '../testing/catalogs.contract.ts'
import { TEST_START, TestCustomer } from '../testing/testCustomer.contract.ts'

const DAY = 86_400_000
const features = [metered('messages'), allocated('seats'), flag('sso')]
const customer = () => {
  const c = new TestCustomer(
    catalogOf(features, [
      plan('p', [item('messages', 10, 'month')]),
      plan('r', [item('messages', 10, 'month', rollover(Number.POSITIVE_INFINITY, 12))], { group: 'r' }),
    ]),
  )
  return c
}

describe('granting units beside any plan', () => {
  it('adds a grant of its own, with its cycle and its end', () => {
    const c = customer()
    expect(c.grant('gift', 'messages', 5, { interval: { unit: 'day', count: 1 }, expiresAt: c.now + 2 * DAY })).toMatchObject({
      grant: { id: 'gift', planId: null, nextResetAt: TEST_START + DAY, expiresAt: TEST_START + 2 * DAY },
    })
    c.track({ messages: 5 })
    c.after(DAY)
    expect(c.left('messages')).toBe(5)
    c.after(DAY)
    expect(c.balance('messages')).toBeNull()
  })

  it('may say when the first cycle ends', () => {
    const c = customer()
    c.grant('gift', 'messages', 5, { interval: { unit: 'month', count: 1 }, nextResetAt: Date.parse('2026-01-31T00:00:00.000Z') })
    c.at('2026-03-01T00:00:00.000Z')
    expect(c.balance('messages')?.resetsAt).toBe(Date.parse('2026-03-31T00:00:00.000Z'))
  })

  it('gives each an id of its own, and a boolean feature once', () => {
    const c = customer()
    c.grant('gift', 'messages', 5)
    expect(c.grant('gift', 'messages', 5)).toMatchObject({ code: 'balance_exists', balanceId: 'gift' })
    c.grant('flag', 'sso', 0)
    expect(c.check({ sso: 1 })).toBe(true)
    expect(c.grant('again', 'sso', 0)).toMatchObject({ code: 'balance_exists' })
    expect(c.grant('x', 'nope', 5)).toMatchObject({ code: 'feature_not_found' })
  })

  it('gives what never resets no cycle', () => {
    const c = customer()
    const every = { interval: { unit: 'day', count: 1 } } as const
    c.grant('seats', 'seats', 5, every)
    c.grant('all', 'messages', 0, { ...every, unlimited: true })
    expect(c.state.grants.map((grant) => [grant.interval, grant.nextResetAt])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  it('under the id of one that is gone owes nothing for that one', () => {
    const c = customer()
    c.grant('gift', 'messages', 5)
    const used = c.track({ messages: 2 })
    c.reserve('h', { messages: 3 })
    c.run({ kind: 'delete_balance', featureId: 'messages', entityId: null, balanceId: 'gift' })
    c.grant('gift', 'messages', 5)
    c.track({ messages: 4 })
    c.release('h')
    c.run({ kind: 'refund', ofOperationId: 'op', uses: used.ok ? used.uses : [] })
    expect([c.left('messages'), c.used('messages'), c.held('messages')]).toEqual([1, 4, 0])
  })

  it('may be taken back', () => {
    const c = customer()
    c.grant('gift', 'messages', 5)
    c.grant('other', 'messages', 3)
    c.run({ kind: 'delete_balance', featureId: 'messages', entityId: null, balanceId: 'gift' })
    expect(c.left('messages')).toBe(3)
    c.run({ kind: 'delete_balance', featureId: 'messages', entityId: null, balanceId: null })
    expect(c.balance('messages')).toBeNull()
    const again = c.run({ kind: 'delete_balance', featureId: 'messages', entityId: null, balanceId: null })
    expect(again).toMatchObject({ code: 'balance_not_found' })
  })
})

describe('a balance set by hand', () => {
  const ten = () => {
    const c = customer()
    c.attach('p')
    return c
  }
  const figures = (c: TestCustomer) => [c.granted('messages'), c.left('messages'), c.used('messages')]

  it('to 9 of 10 counts one as used, and to one used leaves 9', () => {
    const [a, b] = [ten(), ten()]
    a.update('messages', { remaining: amountOf(9) })
    b.update('messages', { used: amountOf(1) })
    expect([figures(a), figures(b)]).toEqual([
      [10, 9, 1],
      [10, 9, 1],
    ])
  })

  it('to more than was granted raises the grant', () => {
    const c = ten()
    c.track({ messages: 4 })
    c.update('messages', { remaining: amountOf(15) })
    expect(figures(c)).toEqual([15, 15, 0])
    c.at('2026-02-15T10:00:00.000Z')
    expect(figures(c)).toEqual([10, 10, 0])
  })

  it('reads what was asked for, over several grants, what was overdrawn cleared', () => {
    const c = ten()
    c.grant('top-up', 'messages', 5)
    c.track({ messages: 20 }, { overage: 'overflow' })
    expect(c.leftByGrant('messages')).toEqual([-5, 0])
    c.update('messages', { add: amountOf(2) })
    expect(c.leftByGrant('messages')).toEqual([-3, 0])
    c.update('messages', { remaining: amountOf(4) })
    expect(c.leftByGrant('messages')).toEqual([4, 0])
    c.update('messages', { remaining: amountOf(12) })
    expect(c.leftByGrant('messages')).toEqual([10, 2])
    c.update('messages', { remaining: amountOf(3) })
    expect(c.leftByGrant('messages')).toEqual([1, 2])
  })

  it('to a use beyond what was granted overdraws it', () => {
    const c = ten()
    c.update('messages', { used: amountOf(13) })
    expect([figures(c), c.leftByGrant('messages')]).toEqual([[10, 0, 13], [-3]])
    c.update('messages', { used: amountOf(2) })
    expect(figures(c)).toEqual([10, 8, 2])
  })

  it('takes in units that were carried over', () => {
    const c = customer()
    c.attach('r')
    c.at('2026-02-15T10:00:00.000Z').run({ kind: 'touch' })
    expect(figures(c)).toEqual([20, 20, 0])
    c.update('messages', { remaining: amountOf(7) })
    expect([figures(c), c.carried('messages'), c.leftByGrant('messages')]).toEqual([[20, 7, 13], [0], [7]])
    c.update('messages', { used: amountOf(0) })
    expect([figures(c), c.carried('messages')]).toEqual([[20, 20, 0], [10]])
    c.track({ messages: 4 })
    c.update('messages', { remaining: amountOf(20) })
    expect([figures(c), c.carried('messages')]).toEqual([[20, 20, 0], [10]])
  })

  it('leaves what is held alone', () => {
    const c = ten()
    c.track({ messages: 3 })
    c.reserve('h', { messages: 4 })
    c.update('messages', { remaining: amountOf(10) })
    expect([...figures(c), c.held('messages')]).toEqual([14, 10, 0, 4])
    c.release('h')
    expect(figures(c)).toEqual([14, 14, 0])
    c.reserve('i', { messages: 4 })
    c.update('messages', { used: amountOf(6) })
    expect([...figures(c), c.held('messages')]).toEqual([14, 8, 2, 4])
    // What is held counts as gone: fewer than that cannot be gone.
    c.update('messages', { used: amountOf(1) })
    expect([...figures(c), c.held('messages')]).toEqual([14, 10, 0, 4])
  })

  it('adds and takes away', () => {
    const c = ten()
    c.track({ messages: 1 })
    c.update('messages', { add: amountOf(5) })
    expect(figures(c)).toEqual([14, 14, 0])
    c.update('messages', { add: amountOf(-20) })
    expect([figures(c), c.leftByGrant('messages')]).toEqual([[14, 0, 20], [-6]])
  })

  it('counts what is unlimited', () => {
    const c = customer()
    c.grant('all', 'messages', 0, { unlimited: true })
    c.track({ messages: 40 })
    c.update('messages', { used: amountOf(5) })
    expect(c.used('messages')).toBe(5)
    c.update('messages', { remaining: amountOf(5) })
    expect(c.used('messages')).toBe(5)
  })

  it('may change what each cycle grants, when the next begins, and when it ends', () => {
    const c = ten()
    c.track({ messages: 4 })
    c.update('messages', { included: amountOf(20), nextResetAt: c.now + DAY, expiresAt: c.now + 3 * DAY })
    expect(figures(c)).toEqual([20, 16, 4])
    c.after(DAY)
    expect([figures(c), c.balance('messages')?.resetsAt]).toEqual([[20, 20, 0], Date.parse('2026-02-16T10:00:00.000Z')])
    c.after(2 * DAY)
    expect(c.balance('messages')).toBeNull()
  })

  it('gives what is granted once no cycle', () => {
    const c = customer()
    c.grant('gift', 'messages', 5)
    c.update('messages', { nextResetAt: c.now + DAY })
    c.after(2 * DAY)
    expect(c.left('messages')).toBe(5)
  })

  it('may be one of several, named by id or by interval', () => {
    const c = ten()
    c.grant('gift', 'messages', 5)
    c.update('messages', { balanceId: 'gift', remaining: amountOf(1) })
    c.update('messages', { interval: 'month', remaining: amountOf(2) })
    expect(c.leftByGrant('messages')).toEqual([2, 1])
    c.update('messages', { interval: 'one_off', remaining: amountOf(0) })
    expect(c.leftByGrant('messages')).toEqual([2, 0])
    expect(c.update('messages', { interval: 'week', remaining: amountOf(0) })).toMatchObject({ code: 'balance_not_found' })
    expect(c.update('sso', { remaining: amountOf(0) })).toMatchObject({ code: 'balance_not_found' })
  })
})
