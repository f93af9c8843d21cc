import { describe, expect, it } from 'vitest'
import { allocated, catalogOf, flag, item, metered, overage, plan, pool } from '../testing/catalogs.contract.ts'
import { TestCustomer } from '../testing/testCustomer.contract.ts'

const features = [
  metered('messages'),
  metered('action1'),
  metered('action2'),
  metered('action3'),
  allocated('seats'),
  flag('sso'),
  pool('credits', { action1: 0.2, action2: 0.6 }),
  pool('credits2', { action2: 1.4, action3: 1.4 }),
]
const customer = (...plans: Parameters<typeof plan>[]) => {
  const c = new TestCustomer(
    catalogOf(
      features,
      plans.map((each) => plan(...each)),
    ),
  )
  for (const [id] of plans) c.attach(id)
  return c
}
const payments = (answer: ReturnType<TestCustomer['track']>) =>
  answer.ok ? answer.uses.flatMap((use) => use.payments.map((payment) => [payment.grantId, Number(payment.amount) / 1e10])) : answer.code

describe('a use', () => {
  it('takes what fits and drops the rest, when it is capped', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    c.track({ messages: 8 })
    expect(payments(c.track({ messages: 5 }))).toEqual([['g', 2]])
    expect([c.left('messages'), c.used('messages')]).toEqual([0, 10])
    expect(payments(c.track({ messages: 5 }))).toEqual([])
  })

  it('goes below zero, when it may overflow', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    c.track({ messages: 13 }, { overage: 'overflow' })
    expect([c.left('messages'), c.used('messages'), c.leftByGrant('messages')]).toEqual([0, 13, [-3]])
    c.track({ messages: 4 })
    expect(c.used('messages')).toBe(13)
    c.track({ messages: -4 })
    expect([c.left('messages'), c.used('messages')]).toEqual([1, 9])
  })

  it('takes all or nothing, when what is short is rejected', () => {
    const c = customer()
    c.grant('g', 'messages', 4)
    expect(c.track({ messages: 5 }, { overage: 'reject' })).toMatchObject({
      code: 'short',
      shortages: [{ featureId: 'messages', reason: 'balance', required: 50_000_000_000n }],
    })
    expect(c.used('messages')).toBe(0)
    expect(c.track({ messages: 4 }, { overage: 'reject' }).ok).toBe(true)
  })

  it('of several features takes all or nothing together, when what is short is rejected', () => {
    const c = customer()
    c.grant('g', 'messages', 4)
    c.grant('h', 'action1', 1)
    expect(c.track({ messages: 4, action1: 2 }, { overage: 'reject' })).toMatchObject({ shortages: [{ featureId: 'action1' }] })
    expect(c.used('messages')).toBe(0)
  })

  it('of what nobody granted, and of a boolean feature, moves nothing', () => {
    const c = customer()
    c.grant('flag', 'sso', 0)
    expect(payments(c.track({ messages: 5, sso: 1 }))).toEqual([])
    expect(payments(c.track({ messages: 5 }, { overage: 'overflow' }))).toEqual([])
    expect(payments(c.track({ messages: 5 }, { overage: 'reject' }))).toBe('short')
    expect(payments(c.track({ sso: 5 }, { overage: 'reject' }))).toEqual([])
  })

  it('of zero moves nothing', () => {
    const c = customer()
    c.grant('g', 'messages', 1)
    expect(payments(c.track({ messages: 0 }))).toEqual([])
  })

  it('keeps fractions exactly', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    for (let call = 0; call < 3; call++) c.track({ messages: 0.1 })
    expect(c.left('messages')).toBe(9.7)
    c.grant('p', 'credits', 100)
    c.track({ credits: 27.35 })
    expect(c.left('credits')).toBe(72.65)
  })

  it('of what is unlimited is counted and never short', () => {
    const c = customer(['u', [item('messages', 'unlimited')]])
    c.grant('g', 'messages', 10)
    c.track({ messages: 1000 })
    expect([c.used('messages'), c.leftByGrant('messages')]).toEqual([1000, [-1000, 10]])
    c.track({ messages: -5 })
    expect(c.used('messages')).toBe(995)
    c.track({ messages: -5000 })
    expect([c.used('messages'), c.left('messages')]).toEqual([0, 10])
  })

  it('occupies free seats beyond their number; only reject stops it', () => {
    const c = customer(['p', [item('seats', 5)]])
    expect(payments(c.track({ seats: 6 }, { overage: 'reject' }))).toBe('short')
    c.track({ seats: 8 })
    expect([c.left('seats'), c.used('seats')]).toEqual([0, 8])
    c.track({ seats: -2 })
    expect(c.used('seats')).toBe(6)
    c.track({ seats: -2 })
    expect([c.left('seats'), c.used('seats')]).toEqual([1, 4])
    c.track({ seats: -20 })
    expect([c.left('seats'), c.used('seats')]).toEqual([5, 0])
  })

  it('occupies paid seats up to their limit alone', () => {
    const c = customer(['p', [item('seats', 5, null, overage(2))]])
    c.track({ seats: 9 })
    expect([c.used('seats'), c.leftByGrant('seats')]).toEqual([7, [-2]])
  })
})

describe('a negative use', () => {
  it('never lifts a balance above what was granted', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    expect(payments(c.track({ messages: -3 }))).toEqual([])
    c.track({ messages: 4 })
    expect(payments(c.track({ messages: -100 }))).toEqual([['g', -4]])
    expect(c.left('messages')).toBe(10)
  })

  it('lifts what is overdrawn first, then gives back in the order of spending', () => {
    const c = customer()
    c.grant('monthly', 'messages', 10, { interval: { unit: 'month', count: 1 } })
    c.grant('once', 'messages', 5)
    c.track({ messages: 15 })
    c.track({ messages: 2 }, { overage: 'overflow' })
    expect(c.leftByGrant('messages')).toEqual([-2, 0])
    expect(payments(c.track({ messages: -4 }))).toEqual([['monthly', -4]])
    expect(payments(c.track({ messages: -10 }))).toEqual([
      ['monthly', -8],
      ['once', -2],
    ])
  })

  it('leaves what running calls hold to them', () => {
    const c = customer()
    c.grant('g', 'messages', 10)
    c.track({ messages: 2 })
    c.reserve('h', { messages: 5 })
    expect(payments(c.track({ messages: -6 }))).toEqual([['g', -2]])
    c.release('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([10, 0])
  })

  it('gives credits back at their cost', () => {
    const c = customer()
    c.grant('p', 'credits', 10)
    c.track({ action1: 5 })
    c.track({ action1: -1 })
    expect(c.left('credits')).toBe(9.2)
  })
})

describe('credits', () => {
  it('are spent once the direct balance is gone', () => {
    const c = customer()
    c.grant('g', 'action1', 100)
    c.grant('p', 'credits', 200)
    c.track({ action1: 40.5 })
    expect(c.left('action1')).toBe(59.5)
    c.track({ action1: 80 })
    expect([c.left('action1'), c.left('credits')]).toEqual([0, 195.9])
    c.track({ action1: 50.75 })
    expect(c.left('credits')).toBe(185.75)
  })

  it('are spent at a fractional cost', () => {
    const c = customer()
    c.grant('p', 'credits', 200)
    c.track({ action1: 50.25 })
    expect(c.left('credits')).toBe(189.95)
  })

  it('are spent by several features of one event, from several pools', () => {
    const c = customer()
    c.grant('a', 'action1', 80)
    c.grant('b', 'action3', 60)
    c.grant('p', 'credits', 100)
    c.grant('q', 'credits2', 100)
    c.track({ action1: 25.5, action3: 25.5 })
    expect([c.left('action1'), c.left('action3')]).toEqual([54.5, 34.5])
    c.track({ action1: 70, action3: 70 })
    expect([c.left('action1'), c.left('action3')]).toEqual([0, 0])
    expect([c.left('credits'), c.left('credits2')]).toEqual([96.9, 50.3])
  })

  it('run over into the next pool, at its own cost', () => {
    const c = customer()
    c.grant('p', 'credits', 6)
    c.grant('q', 'credits2', 14)
    expect(payments(c.track({ action2: 15 }))).toEqual([
      ['p', 6],
      ['q', 7],
    ])
    expect(payments(c.track({ action2: 10 }, { overage: 'reject' }))).toBe('short')
    expect(payments(c.track({ action2: 10 }))).toEqual([['q', 7]])
  })

  it('that are short by a fraction leave a fraction unpaid, never nothing', () => {
    const c = new TestCustomer(catalogOf([metered('call'), pool('thirds', { call: 0.3333333333 })]))
    c.grant('p', 'thirds', 1)
    expect([3, 3.0000000003, 4].map((units) => c.check({ call: units }))).toEqual([true, true, false])
    c.track({ call: 3 })
    expect(c.left('thirds')).toBe(0.0000000001)
    expect(payments(c.track({ call: 1 }, { overage: 'reject' }))).toBe('short')
  })

  it('with a cost of zero cost one: no feature is free by accident', () => {
    const c = new TestCustomer(catalogOf([metered('call'), pool('free', { call: 0 })]))
    c.grant('p', 'free', 2)
    c.track({ call: 5 })
    expect(c.left('free')).toBe(0)
  })
})

describe('overage that a plan allows', () => {
  it('is used up to its limit, then what fits', () => {
    const c = customer(['p', [item('messages', 5, 'month', overage(5))]])
    const answers = [1, 2, 3, 4, 5].map(() => c.track({ messages: 3 }, { overage: 'reject' }).ok)
    expect(answers).toEqual([true, true, true, false, false])
    expect([c.leftByGrant('messages'), c.used('messages')]).toEqual([[-4], 9])
    c.track({ messages: 3 })
    expect(c.used('messages')).toBe(10)
  })

  it('without a limit never runs short', () => {
    const c = customer(['p', [item('messages', 5, 'month', overage(Number.POSITIVE_INFINITY))]])
    expect(c.track({ messages: 1e6 }, { overage: 'reject' }).ok).toBe(true)
    expect(c.leftByGrant('messages')).toEqual([5 - 1e6])
  })

  it('comes after units bought ahead', () => {
    const prepaid = { prepaid: { billingUnits: 1_000_000_000_000n } }
    const c = new TestCustomer(
      catalogOf(features, [
        plan('p', [item('messages', 200, 'month', { id: 'usage', ...overage(300) }), item('messages', 100, 'month', prepaid)]),
      ]),
    )
    c.attach('p', { quantities: { messages: 600 } })
    expect([c.granted('messages'), c.left('messages')]).toEqual([800, 800])
    c.track({ messages: 600 })
    expect(c.leftByGrant('messages')).toEqual([200, 0])
    c.track({ messages: 400 })
    expect(c.leftByGrant('messages')).toEqual([-200, 0])
    c.track({ messages: 200 })
    expect([c.used('messages'), c.leftByGrant('messages')]).toEqual([1100, [-300, 0]])
  })
})
