import { describe, expect, it } from 'vitest'
import type { Use } from '../entry.ts'
import { catalogOf, controls, item, metered, plan, pool, rollover } from '../testing/catalogs.contract.ts'
import { TestCustomer } from '../testing/testCustomer.contract.ts'

const EVER = Number.POSITIVE_INFINITY
const features = [metered('messages'), pool('credits', { messages: 2 })]

function customer(): TestCustomer {
  const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 5, 'hour'), item('messages', 10, 'month', { id: 'b' })])]))
  c.attach('p')
  return c
}

function usesOf(c: TestCustomer, units: number): readonly Use[] {
  const answer = c.track({ messages: units })
  return answer.ok ? answer.uses : []
}

const refund = (c: TestCustomer, uses: readonly Use[]) => c.run({ kind: 'refund', ofOperationId: 'op', uses })

describe('a refund', () => {
  it('goes to the very grants that paid', () => {
    const c = customer()
    const uses = usesOf(c, 8)
    c.track({ messages: 4 })
    refund(c, uses)
    expect(c.leftByGrant('messages')).toEqual([5, 6])
  })

  it('fills carried-over units again', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month', rollover(EVER, EVER))])]))
    c.attach('p')
    c.at('2026-02-15T10:00:00.000Z')
    const uses = usesOf(c, 12)
    expect(c.carried('messages')).toEqual([0])
    refund(c, uses)
    expect([c.carried('messages'), c.leftByGrant('messages')]).toEqual([[10], [10]])
  })

  it('gives nothing back to a cycle that has ended', () => {
    const c = customer()
    const uses = usesOf(c, 8)
    c.after(3_600_000)
    c.track({ messages: 5 })
    refund(c, uses)
    expect(c.leftByGrant('messages')).toEqual([0, 10])
  })

  it('gives back no more than still counts as used', () => {
    const c = customer()
    const uses = usesOf(c, 5)
    c.track({ messages: -3 })
    refund(c, uses)
    expect([c.leftByGrant('messages'), c.used('messages')]).toEqual([[5, 10], 0])
  })

  it('takes again what an operation had given back', () => {
    const c = customer()
    c.track({ messages: 8 })
    const uses = usesOf(c, -8)
    refund(c, uses)
    expect(c.leftByGrant('messages')).toEqual([0, 7])
  })

  it('of credits is in credits', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('c', 'credits', 10)
    const uses = usesOf(c, 3)
    expect(c.left('credits')).toBe(4)
    refund(c, uses)
    expect(c.left('credits')).toBe(10)
  })

  it('is credited to usage limits, but not to a window that began later', () => {
    for (const [usedAt, credited] of [
      [undefined, 3],
      [Date.parse('2026-01-14T00:00:00.000Z'), 0],
    ] as const) {
      const c = customer()
      c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { messages: [5, 'day'] } }) } })
      // Five were asked for and three paid for before: only those come back.
      c.track({ messages: 2 })
      const uses = usesOf(c, 5)
      expect(c.check({ messages: 0.5 })).toBe(false)
      c.run({ kind: 'refund', ofOperationId: 'op', uses, ...(usedAt === undefined ? {} : { usedAt }) })
      expect([c.check({ messages: credited }), c.check({ messages: credited + 0.5 })]).toEqual([true, false])
    }
  })
})
