import { describe, expect, it } from 'vitest'
import { merged } from './burnDown.ts'
import type { Payment } from './hold.ts'
import { allocated, catalogOf, controls, item, metered, overage, plan, pool } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

const DAY = 86_400_000
const features = [metered('calls'), allocated('seats'), pool('credits', { calls: 1 }), pool('tokens', { calls: 1 })]
const every = (unit: 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'semi_annual' | 'year', count = 1) => ({
  interval: { unit, count },
})

/** The grants that pay for one unit at a time, in the order in which they do, until nothing is left. */
function orderOf(c: TestCustomer, entityId?: string): readonly string[] {
  const order: string[] = []
  for (;;) {
    const answer = c.track({ calls: 1 }, entityId === undefined ? {} : { entityId })
    const [payment] = answer.ok ? (answer.uses[0]?.payments ?? []) : []
    if (!payment) return order
    order.push(payment.grantId)
  }
}

describe('the order of spending', () => {
  it('takes what resets before what does not, shorter cycles first, whenever they reset', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('once', 'calls', 1)
    c.grant('year', 'calls', 1, every('year'))
    c.grant('semi', 'calls', 1, every('semi_annual'))
    c.grant('quarter', 'calls', 1, every('quarter'))
    c.grant('month', 'calls', 1, { ...every('month'), nextResetAt: c.now + 1000 })
    c.grant('8 weeks', 'calls', 1, every('week', 8))
    c.grant('week', 'calls', 1, every('week'))
    c.grant('day', 'calls', 1, every('day'))
    c.grant('hour', 'calls', 1, every('hour'))
    c.grant('minute', 'calls', 1, every('minute'))
    expect(orderOf(c)).toEqual(['minute', 'hour', 'day', 'week', 'month', '8 weeks', 'quarter', 'semi', 'year', 'once'])
  })

  it('takes the feature itself before any pool', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('pool', 'credits', 1, every('minute'))
    c.grant('own', 'calls', 1)
    expect(orderOf(c)).toEqual(['own', 'pool'])
  })

  it('takes what expires sooner first, then main plans before add-ons, then what was granted first', () => {
    const c = new TestCustomer(
      catalogOf(features, [plan('main', [item('calls', 1)]), plan('extra', [item('calls', 1)], { addOn: true, group: 'extras' })]),
    )
    c.attach('extra')
    c.attach('main')
    const planGrants = c.state.grants.map((grant) => grant.id)
    c.after(1).grant('later', 'calls', 1)
    c.grant('in a year', 'calls', 1, { expiresAt: c.now + 365 * DAY })
    c.grant('in a month', 'calls', 1, { expiresAt: c.now + 30 * DAY })
    expect(orderOf(c)).toEqual(['in a month', 'in a year', planGrants[1], 'later', planGrants[0]])
  })

  it('splits a use over what expires sooner and later', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('year', 'calls', 100, { expiresAt: c.now + 365 * DAY })
    c.grant('month', 'calls', 100, { expiresAt: c.now + 30 * DAY })
    c.track({ calls: 60 })
    expect(c.leftByGrant('calls')).toEqual([100, 40])
  })

  it('takes units bought ahead before those that are paid for later', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('calls', 1, 'month', overage(1)), item('calls', 1, 'month')])]))
    c.attach('p')
    const [usage, included] = c.state.grants.map((grant) => grant.id)
    expect(orderOf(c)).toEqual([included, usage, usage])
  })

  it('lets an unlimited grant pay for everything, wherever it stands', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('own', 'calls', 1)
    c.grant('pool', 'credits', 0, { unlimited: true })
    c.track({ calls: 50 })
    expect([c.left('calls'), c.used('credits')]).toEqual([1, 50])
  })

  it("takes an entity's own before the customer's, and for the customer the entities' shares in order of their ids", () => {
    const plans = [plan('p', [item('calls', 2, null, { perEntity: 'seats' }), item('calls', 1)])]
    const c = new TestCustomer(catalogOf(features, plans))
    for (const id of ['z', 'a']) c.entity(id, 'seats')
    c.attach('p')
    const ownerOf = new Map(c.state.grants.map((grant) => [grant.id, grant.entityId ?? 'customer']))
    expect(orderOf(c, 'z').map((id) => ownerOf.get(id))).toEqual(['z', 'z', 'customer'])
    c.track({ calls: -9 }, { entityId: 'z' })
    expect(orderOf(c).map((id) => ownerOf.get(id))).toEqual(['customer', 'a', 'a', 'z', 'z'])
  })
})

describe('a usage limit on a pool', () => {
  const limited = (limit: number) => {
    const c = new TestCustomer(catalogOf(features))
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { credits: [limit, 'month'] } }) } })
    return c
  }

  it('holds for all grants of the pool together, carried-over units included', () => {
    const c = limited(5)
    c.grant('a', 'credits', 4, every('month'))
    c.grant('b', 'credits', 4)
    expect(c.check({ calls: 6 })).toBe(false)
    expect(c.track({ calls: 6 }, { overage: 'reject' })).toMatchObject({ shortages: [{ reason: 'usage_limit' }] })
    c.track({ calls: 6 })
    expect(c.leftByGrant('credits')).toEqual([0, 3])
  })

  it('lets the next pool pay for what it keeps back', () => {
    const c = limited(5)
    c.grant('a', 'credits', 10)
    c.grant('b', 'tokens', 10)
    expect(c.track({ calls: 8 }, { overage: 'reject' }).ok).toBe(true)
    expect([c.left('credits'), c.left('tokens')]).toEqual([5, 7])
  })

  it('holds for an unlimited pool too', () => {
    const c = limited(5)
    c.grant('a', 'credits', 0, { unlimited: true })
    expect([c.check({ calls: 5 }), c.check({ calls: 6 })]).toEqual([true, false])
  })

  it('lets several features of one call share what it still lets through', () => {
    const more = [...features, metered('mails'), pool('shared', { calls: 1, mails: 1 })]
    const c = new TestCustomer(catalogOf(more))
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { shared: [5, 'month'] } }) } })
    c.grant('a', 'shared', 100)
    expect([c.check({ calls: 3, mails: 2 }), c.check({ calls: 3, mails: 3 })]).toEqual([true, false])
    c.track({ calls: 3, mails: 3 })
    expect(c.used('shared')).toBe(5)
  })
})

it('joins payments of one source', () => {
  const payment = (grantId: string, amount: bigint, rolloverId: string | null = null): Payment => {
    return { grantId, rolloverId, cycle: 0, planId: null, poolId: 'calls', amount, cost: 1n }
  }
  const joined = merged([payment('a', 1n, 'r'), payment('a', 2n), payment('b', 3n), payment('a', 4n)])
  expect(joined).toEqual([payment('a', 1n, 'r'), payment('a', 6n), payment('b', 3n)])
})
