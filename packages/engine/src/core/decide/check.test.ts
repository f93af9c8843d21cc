import { describe, expect, it } from 'vitest'
import { allocated, catalogOf, controls, flag, item, metered, overage, plan, pool } from '../testing/catalogs.contract.ts'
import { TestCustomer } from '../testing/testCustomer.contract.ts'

const features = [
  metered('messages'),
  metered('action1'),
  metered('big'),
  allocated('seats'),
  flag('sso'),
  pool('credits', { action1: 0.2, big: 2.5 }),
  pool('credits3', { action1: 2 }),
]
const customer = () => new TestCustomer(catalogOf(features))

describe('a check', () => {
  it('denies what no plan includes, even when nothing is asked for', () => {
    const c = customer()
    expect(c.check({ messages: 1 })).toBe(false)
    expect(c.check({ messages: 0 })).toBe(false)
    expect(c.check({ sso: 1 })).toBe(false)
    const answer = c.run({ kind: 'check', items: [{ featureId: 'messages', units: 0n }], entityId: null, properties: null })
    expect(answer).toMatchObject({ ok: true, shortages: [{ featureId: 'messages', reason: 'feature_not_in_plan', required: 0n }] })
  })

  it('allows a boolean feature that was granted, whatever number is asked for', () => {
    const c = customer()
    c.grant('flag', 'sso', 0)
    expect(c.check({ sso: 5 })).toBe(true)
    expect(c.check({ sso: 0 })).toBe(true)
  })

  it('allows exactly what is left', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    expect([10, 10.0001, 0.5, 0, -1].map((units) => c.check({ messages: units }))).toEqual([true, false, true, true, true])
  })

  it('allows nothing more, and still zero, at zero and below', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    c.track({ messages: 12 }, { overage: 'overflow' })
    expect([0, -1, 0.0001].map((units) => c.check({ messages: units }))).toEqual([true, true, false])
  })

  it('allows anything of what is unlimited', () => {
    const c = customer()
    c.grant('g', 'messages', 0, { unlimited: true })
    expect(c.check({ messages: 1e9 })).toBe(true)
  })

  it('adds up the direct balance and the pools, as the deduction does', () => {
    const c = customer()
    c.grant('g', 'action1', 5)
    c.grant('p', 'credits', 1)
    expect(c.check({ action1: 10 })).toBe(true)
    expect(c.check({ action1: 10.0001 })).toBe(false)
    c.grant('q', 'credits3', 10)
    expect(c.check({ action1: 15 })).toBe(true)
    expect(c.check({ action1: 15.01 })).toBe(false)
    expect(c.track({ action1: 15 }, { overage: 'reject' })).toMatchObject({ ok: true })
  })

  it('denies a pool that is used up', () => {
    const c = customer()
    c.grant('p', 'credits3', 12)
    c.track({ action1: 6 })
    expect(c.left('credits3')).toBe(0)
    expect(c.check({ action1: 1 })).toBe(false)
  })

  it('counts what items of one call share only once', () => {
    const c = customer()
    c.grant('p', 'credits', 5)
    expect(c.check({ big: 1, action1: 12 })).toBe(true)
    expect(c.check({ big: 1, action1: 13 })).toBe(false)
  })

  it('names what is short in the order asked', () => {
    const c = customer()
    c.grant('g', 'messages', 1)
    const items = ['messages', 'seats', 'action1'].map((featureId) => ({ featureId, units: 20_000_000_000n }))
    const answer = c.run({ kind: 'check', items, entityId: null, properties: null })
    expect(answer).toMatchObject({
      allowed: false,
      shortages: [
        { featureId: 'messages', reason: 'balance' },
        { featureId: 'seats', reason: 'feature_not_in_plan' },
        { featureId: 'action1', reason: 'feature_not_in_plan' },
      ],
    })
  })

  it('answers for allocated features by the same rule, although a use may go over', () => {
    const c = customer()
    c.grant('g', 'seats', 3)
    c.track({ seats: 5 })
    expect(c.check({ seats: 1 })).toBe(false)
  })

  it('counts what a plan lets be used beyond its units', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 5, 'month', overage(5))])]))
    c.attach('p')
    expect([10, 11].map((units) => c.check({ messages: units }))).toEqual([true, false])
    c.run({ kind: 'update_customer', fields: { controls: controls({ overageAllowed: { messages: false } }) } })
    expect([5, 6].map((units) => c.check({ messages: units }))).toEqual([true, false])
  })

  it('is refused for a feature or an entity that does not exist', () => {
    const c = customer()
    expect(c.run({ kind: 'check', items: [{ featureId: 'nope', units: 1n }], entityId: null, properties: null })).toMatchObject({
      ok: false,
      code: 'feature_not_found',
    })
    expect(c.run({ kind: 'check', items: [{ featureId: 'sso', units: 1n }], entityId: 'nobody', properties: null })).toMatchObject({
      ok: false,
      code: 'entity_not_found',
    })
  })
})
