import { describe, expect, it } from 'vitest'
import { amountOf } from './amount.ts'
import type { Controls } from './controls.ts'
import { allocated, catalogOf, controls, item, metered, overage, plan, pool } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

const EVER = Number.POSITIVE_INFINITY
const features = [metered('messages'), allocated('seats'), pool('credits', { messages: 2 })]

function customer(set: Controls, ...items: Parameters<typeof plan>[1]): TestCustomer {
  const c = new TestCustomer(catalogOf(features, [plan('p', items)]))
  c.attach('p')
  c.run({ kind: 'update_customer', fields: { controls: set } })
  return c
}

describe('a spend limit', () => {
  const limited = (set: Controls = controls({ spendLimits: { messages: 25 } })) =>
    customer(set, item('messages', 1000), item('messages', 100, 'month', { id: 'usage', ...overage(EVER) }))

  it('is what may be used below zero, over all grants of the feature', () => {
    const c = limited()
    c.track({ messages: 1120 })
    expect([c.check({ messages: 5 }), c.check({ messages: 6 })]).toEqual([true, false])
    expect(c.track({ messages: 6 }, { overage: 'reject' })).toMatchObject({ shortages: [{ reason: 'spend_limit' }] })
    expect(c.balance('messages')?.overageRoom).toBe(amountOf(5))
  })

  it('stops an overflow too', () => {
    const c = limited()
    c.track({ messages: 1120 })
    c.track({ messages: 10 }, { overage: 'overflow' })
    expect(c.used('messages')).toBe(1125)
  })

  it('stops an overflow of what has no overage of its own', () => {
    const c = customer(controls({ spendLimits: { messages: 5 } }), item('messages', 10))
    c.track({ messages: 20 }, { overage: 'overflow' })
    expect(c.used('messages')).toBe(15)
    c.track({ messages: 20 }, { overage: 'overflow' })
    expect(c.used('messages')).toBe(15)
  })

  it('wins over the maximum of an item', () => {
    const c = customer(controls({ spendLimits: { messages: 5 } }), item('messages', 10, 'month', overage(100)))
    c.track({ messages: 50 })
    expect(c.used('messages')).toBe(15)
  })

  it('may be a share of what is granted', () => {
    const c = limited({
      ...controls({}),
      spendLimits: [{ featureId: 'messages', enabled: true, kind: 'usage_percentage', overageLimit: amountOf(10) }],
    })
    c.track({ messages: 5000 })
    expect(c.used('messages')).toBe(1210)
  })

  it('holds for a pool, in credits', () => {
    const c = customer(controls({ spendLimits: { credits: 4 } }), item('credits', 10, 'month', overage(EVER)))
    c.track({ messages: 50 })
    expect([c.used('credits'), c.leftByGrant('credits')]).toEqual([14, [-4]])
  })

  it('is ignored when it is switched off or names no number', () => {
    const off = { featureId: 'messages', enabled: false, kind: 'absolute', overageLimit: amountOf(1) } as const
    const open = { featureId: 'messages', enabled: true, kind: 'absolute', overageLimit: null } as const
    const c = limited({ ...controls({}), spendLimits: [off, open] })
    expect(c.check({ messages: 1e6 })).toBe(true)
  })
})

describe('an overage control', () => {
  it('lets a feature go below zero that has no overage of its own', () => {
    const c = customer(controls({ overageAllowed: { messages: true } }), item('messages', 10))
    expect(c.balance('messages')?.overageRoom).toBeNull()
    expect(c.track({ messages: 50 }, { overage: 'reject' }).ok).toBe(true)
    expect(c.leftByGrant('messages')).toEqual([-40])
  })

  it('forbids what an item would allow', () => {
    const c = customer(controls({ overageAllowed: { messages: false } }), item('messages', 10, 'month', overage(EVER)))
    expect([c.check({ messages: 10 }), c.check({ messages: 11 })]).toEqual([true, false])
    expect(c.balance('messages')?.overageRoom).toBe(0n)
    c.track({ messages: 50 })
    expect(c.used('messages')).toBe(10)
  })

  it('of an entity beats that of the customer, and that of all plans must agree', () => {
    const allow = controls({ overageAllowed: { messages: true } })
    const forbid = controls({ overageAllowed: { messages: false } })
    const c = new TestCustomer(
      catalogOf(features, [
        plan('p', [item('messages', 10)], { controls: allow }),
        plan('q', [], { controls: forbid, addOn: true }),
        plan('own', [], { controls: forbid }),
      ]),
    )
    c.attach('p')
    c.entity('e1', 'seats')
    c.entity('e2', 'seats')
    expect(c.check({ messages: 11 })).toBe(true)
    // A plan of one entity says nothing for the others.
    c.attach('own', { entityId: 'e2' })
    expect([c.check({ messages: 11 }), c.check({ messages: 11 }, { entityId: 'e2' })]).toEqual([true, false])
    c.attach('q')
    expect(c.check({ messages: 11 })).toBe(false)
    c.run({ kind: 'update_customer', fields: { controls: allow } })
    expect(c.check({ messages: 11 })).toBe(true)
    c.run({ kind: 'update_entity', entityId: 'e1', controls: forbid })
    expect([c.check({ messages: 11 }), c.check({ messages: 11 }, { entityId: 'e1' })]).toEqual([true, false])
  })
})

describe('the room that a balance shows', () => {
  it('adds up the items that have a maximum, and has no end when one has none', () => {
    const two = customer(controls({}), item('messages', 1, 'month', overage(5)), item('messages', 1, 'month', { id: 'b', ...overage(7) }))
    expect(two.balance('messages')?.overageRoom).toBe(amountOf(12))
    two.track({ messages: 6 })
    expect(two.balance('messages')?.overageRoom).toBe(amountOf(8))
    const open = customer(
      controls({}),
      item('messages', 1, 'month', overage(5)),
      item('messages', 1, 'month', { id: 'b', ...overage(EVER) }),
    )
    expect(open.balance('messages')?.overageRoom).toBeNull()
  })
})
