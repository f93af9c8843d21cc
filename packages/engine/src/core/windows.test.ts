import { describe, expect, it } from 'vitest'
import type { Controls, UsageLimit } from './controls.ts'
import { allocated, catalogOf, controls, item, metered, plan } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'
import { limitIdOf } from './windows.ts'

const DAY = 86_400_000
const features = [metered('messages'), metered('mails'), allocated('seats')]

function limited(...limits: readonly Controls[]): TestCustomer {
  const c = new TestCustomer(catalogOf(features))
  c.grant('g', 'messages', 100)
  const usageLimits = limits.flatMap((each) => each.usageLimits)
  c.run({ kind: 'update_customer', fields: { controls: { ...controls({}), usageLimits } } })
  return c
}

const perDay = (limit: number) => controls({ usageLimits: { messages: [limit, 'day'] } })
const perMonth = (limit: number) => controls({ usageLimits: { messages: [limit, 'month'] } })
const withTerms = (base: Controls, terms: Partial<UsageLimit>): Controls => ({
  ...base,
  usageLimits: base.usageLimits.map((limit) => ({ ...limit, ...terms })),
})

describe('a usage limit', () => {
  it('keeps back what goes beyond it, whatever the balance', () => {
    const c = limited(perDay(5))
    c.track({ messages: 3 })
    expect([c.check({ messages: 2 }), c.check({ messages: 3 })]).toEqual([true, false])
    expect(c.track({ messages: 3 }, { overage: 'reject' })).toMatchObject({ shortages: [{ reason: 'usage_limit' }] })
    c.track({ messages: 10 })
    expect(c.used('messages')).toBe(5)
  })

  it('lets an overflow pass, and nothing after it', () => {
    const c = limited(perDay(5))
    c.track({ messages: 3 })
    c.track({ messages: 10 }, { overage: 'overflow' })
    expect(c.used('messages')).toBe(13)
    c.track({ messages: 2 })
    expect(c.used('messages')).toBe(13)
  })

  it('begins afresh with its window: days, weeks from Monday, months and years in UTC', () => {
    const spans = { day: '2026-01-16', week: '2026-01-19', month: '2026-02-01', year: '2027-01-01' } as const
    for (const [interval, next] of Object.entries(spans)) {
      const c = limited(controls({ usageLimits: { messages: [5, interval as keyof typeof spans] } }))
      c.track({ messages: 5 })
      c.at(Date.parse(next) - 1)
      expect(c.check({ messages: 1 })).toBe(false)
      c.at(Date.parse(next))
      expect(c.check({ messages: 5 })).toBe(true)
    }
  })

  it('may count from the start of the plan', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 100)])]))
    c.attach('p')
    c.run({ kind: 'update_customer', fields: { controls: withTerms(perMonth(5), { anchor: 'billing_cycle' }) } })
    c.at('2026-02-10T00:00:00.000Z').track({ messages: 5 })
    c.at('2026-02-15T09:59:59.999Z')
    expect(c.check({ messages: 1 })).toBe(false)
    c.at('2026-02-15T10:00:00.000Z')
    expect(c.check({ messages: 5 })).toBe(true)
  })

  it('is credited for units that are given back, unless an earlier window counted them', () => {
    const c = limited(perDay(5))
    c.track({ messages: 5 })
    c.track({ messages: -2 })
    expect([c.check({ messages: 2 }), c.check({ messages: 3 })]).toEqual([true, false])
  })

  it('stands beside others on the same feature: each counts in its own window', () => {
    const c = limited(perDay(5), perMonth(8))
    c.track({ messages: 5 })
    expect(c.check({ messages: 1 })).toBe(false)
    c.after(DAY)
    expect([c.check({ messages: 3 }), c.check({ messages: 4 })]).toEqual([true, false])
    c.track({ messages: 3 })
    c.after(DAY)
    expect(c.check({ messages: 1 })).toBe(false)
    c.at('2026-02-01T00:00:00.000Z')
    expect(c.check({ messages: 5 })).toBe(true)
  })

  it('counts uses with certain properties alone, if it says so', () => {
    const c = limited(withTerms(perDay(2), { filter: { model: 'large', stream: true } }))
    const large = { properties: { model: 'large', stream: true, other: 1 } }
    c.track({ messages: 2 }, large)
    expect(c.check({ messages: 1 }, large)).toBe(false)
    expect(c.check({ messages: 90 })).toBe(true)
    expect(c.check({ messages: 90 }, { properties: { model: 'large' } })).toBe(true)
  })

  it('that is switched off limits nothing', () => {
    const c = limited(withTerms(perDay(2), { enabled: false }))
    expect(c.check({ messages: 100 })).toBe(true)
  })

  it('holds for one feature, not for the others', () => {
    const c = limited(perDay(2))
    c.grant('m', 'mails', 10)
    expect(c.check({ mails: 10 })).toBe(true)
  })

  it('does not change with a balance set by hand', () => {
    const c = limited(perDay(5))
    c.track({ messages: 3 })
    c.update('messages', { used: 0n })
    expect([c.check({ messages: 2 }), c.check({ messages: 3 })]).toEqual([true, false])
  })

  it('holds for seats under cap too', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('s', 'seats', 2)
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { seats: [3, 'month'] } }) } })
    c.track({ seats: 5 })
    expect(c.used('seats')).toBe(3)
  })
})

describe('usage limits set in several places', () => {
  const place = () => {
    const c = new TestCustomer(
      catalogOf(features, [
        plan('p', [item('messages', 100)], { controls: perDay(10) }),
        plan('q', [item('messages', 100)], { controls: perDay(7), addOn: true }),
      ]),
    )
    c.attach('p')
    c.entity('e1', 'seats')
    c.entity('e2', 'seats')
    return c
  }
  const most = (c: TestCustomer, entityId?: string) => {
    let units = 0
    while (units < 60 && c.check({ messages: units + 1 }, entityId === undefined ? {} : { entityId })) units++
    return units
  }

  it("of several plans the strictest counts, the customer's before any plan's, the entity's before the customer's", () => {
    const c = place()
    expect(most(c)).toBe(10)
    c.attach('q')
    expect(most(c)).toBe(7)
    c.run({ kind: 'update_customer', fields: { controls: perDay(20) } })
    expect(most(c)).toBe(20)
    c.run({ kind: 'update_entity', entityId: 'e1', controls: perDay(4) })
    expect([most(c), most(c, 'e1'), most(c, 'e2')]).toEqual([20, 4, 20])
  })

  it("an entity's own counts its own uses, the customer's those of all others", () => {
    const c = place()
    c.run({ kind: 'update_entity', entityId: 'e1', controls: perDay(4) })
    c.track({ messages: 4 }, { entityId: 'e1' })
    c.track({ messages: 3 }, { entityId: 'e2' })
    expect([most(c), most(c, 'e1'), most(c, 'e2')]).toEqual([7, 0, 7])
  })

  it('plans that limit the same span count a use once', () => {
    const c = place()
    c.attach('q')
    c.track({ messages: 4 })
    expect(most(c)).toBe(3)
  })
})

it('names a limit by its span and the uses that it counts, not by its number', () => {
  const limit: UsageLimit = {
    featureId: 'messages',
    enabled: true,
    limit: 1n,
    interval: 'day',
    anchor: 'utc',
    filter: { b: 1, a: 'x' },
  }
  expect(limitIdOf({ ...limit, filter: null })).toBe('day/utc')
  expect(limitIdOf({ ...limit, limit: 5n })).toBe(limitIdOf({ ...limit, filter: { a: 'x', b: 1 } }))
  expect(limitIdOf(limit)).not.toBe(limitIdOf({ ...limit, interval: 'week' }))
})
