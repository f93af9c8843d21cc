import { describe, expect, it } from 'vitest'
import { amountOf } from './core/amount.ts'
import { catalogOf, controls, item, metered, plan, pool } from './core/testing/catalogs.contract.ts'
import { TestCustomer } from './core/testing/testCustomer.contract.ts'
import { shortageOf } from './shortage.ts'

const DAY_END = Date.parse('2026-01-16T00:00:00.000Z')
const MONTH_END = Date.parse('2026-02-15T10:00:00.000Z')
const features = [metered('messages'), metered('images'), pool('credits', { images: 10 }), pool('coins', { images: 2 })]

function customer(...items: Parameters<typeof plan>[1]): TestCustomer {
  const c = new TestCustomer(catalogOf(features, [plan('p', items)]))
  c.attach('p')
  return c
}

/** What a refused use of so many units is told. */
function told(c: TestCustomer, featureId: string, units: number) {
  const answer = c.run({ kind: 'check', items: [{ featureId, units: amountOf(units) }], entityId: null, properties: null })
  const [shortfall] = answer.ok ? answer.shortages : []
  return shortfall && shortageOf(c.catalog, c.state, shortfall, { entityId: null }, c.now)
}

describe('a shortage', () => {
  it('of what no plan has names no balance', () => {
    expect(told(customer(), 'messages', 2)).toEqual({ featureId: 'messages', poolId: null, required: 2, remaining: 0, resetsAt: null })
  })

  it("is told in the feature's own units, with the reset", () => {
    const c = customer(item('messages', 10, 'month'))
    c.track({ messages: 7.5 })
    expect(told(c, 'messages', 3)).toEqual({ featureId: 'messages', poolId: 'messages', required: 3, remaining: 2.5, resetsAt: MONTH_END })
  })

  it('of a pool is told in credits', () => {
    const c = customer(item('credits', 35, 'month'))
    expect(told(c, 'images', 4)).toEqual({ featureId: 'images', poolId: 'credits', required: 40, remaining: 35, resetsAt: MONTH_END })
  })

  it('of several balances is told by the last in line: its share, and what nobody paid', () => {
    const c = customer(item('images', 2, 'month'), item('credits', 25, 'month'), item('coins', 3))
    // Two images directly, two and a half from the credits, and 5.5 at two coins each.
    expect(told(c, 'images', 10)).toEqual({ featureId: 'images', poolId: 'coins', required: 11, remaining: 3, resetsAt: null })
  })

  it('under a usage limit is told by what the limit still lets through, until its window ends', () => {
    const c = customer(item('messages', 100, 'month'))
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { messages: [5, 'day'] } }) } })
    c.track({ messages: 3 })
    expect(told(c, 'messages', 4)).toEqual({ featureId: 'messages', poolId: 'messages', required: 4, remaining: 2, resetsAt: DAY_END })
  })

  it('under several usage limits is told by the one with the least left', () => {
    const c = customer(item('messages', 100, 'month'))
    const [day, month] = [controls({ usageLimits: { messages: [5, 'day'] } }), controls({ usageLimits: { messages: [3, 'month'] } })]
    c.run({ kind: 'update_customer', fields: { controls: { ...day, usageLimits: [...day.usageLimits, ...month.usageLimits] } } })
    expect(told(c, 'messages', 4)).toMatchObject({ remaining: 3, resetsAt: Date.parse('2026-02-01T00:00:00.000Z') })
  })

  it('under a usage limit on a pool is told in credits', () => {
    const c = customer(item('credits', 1000, 'month'))
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { credits: [25, 'day'] } }) } })
    expect(told(c, 'images', 3)).toEqual({ featureId: 'images', poolId: 'credits', required: 30, remaining: 25, resetsAt: DAY_END })
  })
})
