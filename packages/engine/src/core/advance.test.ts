import { describe, expect, it } from 'vitest'
import type { CatalogPlan } from './catalog.ts'
import { addIntervals } from './period.ts'
import { allocated, catalogOf, item, metered, plan, pool, rollover } from './testing/catalogs.contract.ts'
import { TEST_START, TestCustomer } from './testing/testCustomer.contract.ts'

const DAY = 86_400_000
const EVER = Number.POSITIVE_INFINITY
const features = [metered('messages'), allocated('seats'), pool('credits', { messages: 1 })]

function holding(...plans: readonly CatalogPlan[]): TestCustomer {
  const c = new TestCustomer(catalogOf(features, plans))
  for (const each of plans) c.attach(each.id)
  return c
}

const monthly = (more = {}) => holding(plan('p', [item('messages', 100, 'month', more)]))

describe('a reset', () => {
  it('starts the next cycle on read, without being recorded', () => {
    const c = monthly()
    c.track({ messages: 60 })
    c.at('2026-02-15T09:59:59.999Z')
    expect(c.left('messages')).toBe(40)
    c.at('2026-02-15T10:00:00.000Z')
    expect([c.left('messages'), c.used('messages')]).toEqual([100, 0])
    expect(c.check({ messages: 100 })).toBe(true)
    const entries = c.entries.length
    c.track({ messages: 20 })
    expect([c.left('messages'), c.entries.length]).toEqual([80, entries + 1])
    expect(c.entries.at(-1)?.changes.map((change) => change.kind)).toEqual(['reset', 'used'])
  })

  it('happens once, however often it is looked at', () => {
    const c = monthly()
    c.track({ messages: 60 })
    c.at('2026-02-20T00:00:00.000Z')
    for (let look = 0; look < 5; look++) expect(c.left('messages')).toBe(100)
    for (let use = 0; use < 5; use++) c.track({ messages: 10 })
    expect(c.left('messages')).toBe(50)
  })

  it('is granted once for several missed cycles', () => {
    const c = monthly()
    c.track({ messages: 60 })
    c.at('2026-07-01T00:00:00.000Z')
    expect([c.left('messages'), c.granted('messages')]).toEqual([100, 100])
    expect(c.balance('messages')?.resetsAt).toBe(Date.parse('2026-07-15T10:00:00.000Z'))
  })

  it('forgives what was overdrawn', () => {
    const c = monthly()
    c.track({ messages: 150 }, { overage: 'overflow' })
    c.at('2026-02-15T10:00:00.000Z')
    expect([c.left('messages'), c.used('messages')]).toEqual([100, 0])
  })

  it('comes after a minute for a plan by the minute', () => {
    const c = holding(plan('p', [item('messages', 2, 'minute')]))
    c.track({ messages: 2 })
    c.after(62_000)
    expect(c.left('messages')).toBe(2)
  })

  it.each([
    ['what is granted once', [item('messages', 5)]],
    ['what is unlimited', [item('messages', 'unlimited', 'month')]],
    ['seats', [item('seats', 5, 'month')]],
  ] as const)('never comes for %s', (_, items) => {
    const c = holding(plan('p', items))
    expect(c.state.grants.map((grant) => grant.nextResetAt)).toEqual([null])
    c.track({ messages: 3, seats: 3 })
    c.after(400 * DAY)
    expect(c.used('messages') + c.used('seats')).toBe(3)
  })

  it('keeps each grant on its own cycle', () => {
    const c = holding(plan('p', [item('messages', 5, 'hour'), item('messages', 10, 'month')]))
    c.track({ messages: 8 })
    c.after(3_600_000)
    expect(c.leftByGrant('messages')).toEqual([5, 7])
  })

  it.each(Array.from({ length: 31 }, (_, index) => index + 1))(
    'grants no unit twice and skips none over four years, for a plan started on day %i',
    (day) => {
      const startedAt = Date.UTC(2026, 0, day, 13, 5, 59, 7)
      const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 1, 'month')])]), startedAt)
      c.attach('p')
      const month = { unit: 'month', count: 1 } as const
      for (let cycle = 0; cycle < 48; cycle++) {
        const startsAt = addIntervals(startedAt, month, cycle)
        const endsAt = addIntervals(startedAt, month, cycle + 1)
        // Once in every cycle, at its first instant or its last: the unit is there, and not a second time.
        for (const [now, expected] of [
          [startsAt, cycle % 2 === 0],
          [endsAt - 1, cycle % 2 === 1],
        ] as const) {
          c.at(now)
          if (expected) expect(c.track({ messages: 1 }, { overage: 'reject' }).ok).toBe(true)
          expect(c.balance('messages')?.resetsAt).toBe(endsAt)
          expect(c.check({ messages: 1 })).toBe(!expected && now === startsAt)
        }
      }
      expect(c.entries.flatMap((entry) => entry.changes).filter((change) => change.kind === 'used')).toHaveLength(48)
    },
  )
})

describe('units that are carried over', () => {
  it('join the next cycle', () => {
    const c = monthly(rollover(EVER, EVER))
    c.track({ messages: 40 })
    c.at('2026-02-15T10:00:00.000Z')
    expect([c.left('messages'), c.granted('messages'), c.carried('messages')]).toEqual([160, 160, [60]])
  })

  it('are spent first, shown with what they were, and never refilled', () => {
    const c = monthly(rollover(EVER, EVER))
    c.track({ messages: 70 })
    c.at('2026-02-15T10:00:00.000Z')
    c.track({ messages: 10 })
    expect([c.left('messages'), c.granted('messages'), c.used('messages'), c.carried('messages')]).toEqual([120, 130, 10, [20]])
    c.track({ messages: -10 })
    expect([c.left('messages'), c.carried('messages')]).toEqual([120, [20]])
    c.track({ messages: 50 })
    expect([c.carried('messages'), c.leftByGrant('messages')]).toEqual([[0], [70]])
    expect([c.granted('messages'), c.used('messages'), c.left('messages')]).toEqual([130, 60, 70])
    // Used up, they are gone with the next cycle.
    c.at('2026-03-15T10:00:00.000Z')
    expect(c.carried('messages')).toEqual([70])
  })

  it('are capped in all, the soonest to expire giving way', () => {
    const c = holding(plan('p', [item('messages', 400, 'month', rollover(500, EVER))]))
    c.track({ messages: 250 })
    c.at('2026-02-15T10:00:00.000Z')
    expect(c.left('messages')).toBe(550)
    c.run({ kind: 'touch' })
    c.at('2026-03-15T10:00:00.000Z')
    expect([c.carried('messages'), c.left('messages')]).toEqual([[100, 400], 900])
  })

  it('are capped at a share of what is granted, in whole units', () => {
    const c = holding(plan('p', [item('messages', 25, 'month', rollover(EVER, EVER, 50))]))
    c.at('2026-02-15T10:00:00.000Z')
    expect(c.carried('messages')).toEqual([12])
  })

  it('expire some months after the cycle they come from', () => {
    const c = monthly(rollover(EVER, 2))
    c.track({ messages: 40 })
    c.at('2026-02-15T10:00:00.000Z').track({ messages: 10 })
    c.at('2026-04-15T09:59:59.999Z')
    expect(c.carried('messages')[0]).toBe(50)
    c.at('2026-04-15T10:00:00.000Z')
    expect(c.carried('messages')).toEqual([100])
  })

  it('come from the last recorded cycle alone', () => {
    const c = monthly(rollover(EVER, EVER))
    c.track({ messages: 40 })
    c.at('2026-06-20T00:00:00.000Z')
    expect(c.carried('messages')).toEqual([60])
  })

  it('never come from an overdrawn cycle', () => {
    const c = monthly(rollover(EVER, EVER))
    c.track({ messages: 110 }, { overage: 'overflow' })
    c.at('2026-02-15T10:00:00.000Z')
    expect([c.carried('messages'), c.left('messages')]).toEqual([[], 100])
  })

  it('are spent before any main balance, a pool included, the soonest to expire first', () => {
    const plans = plan('p', [
      item('messages', 10, 'month', rollover(EVER, EVER)),
      { ...item('credits', 10, 'month', rollover(EVER, 3)), id: 'c' },
    ])
    const c = holding(plans)
    c.at('2026-02-15T10:00:00.000Z')
    c.track({ messages: 15 })
    expect([c.carried('credits'), c.carried('messages')]).toEqual([[0], [5]])
    expect([c.leftByGrant('credits'), c.leftByGrant('messages')]).toEqual([[10], [10]])
  })

  it('belong to each entity alone', () => {
    const c = holding(plan('p', [item('messages', 10, 'month', { perEntity: 'seats', ...rollover(5, EVER) })]))
    c.entity('a', 'seats')
    c.entity('b', 'seats')
    c.track({ messages: 8 }, { entityId: 'a' })
    c.at('2026-02-15T10:00:00.000Z')
    expect([c.left('messages', 'a'), c.left('messages', 'b'), c.left('messages')]).toEqual([12, 15, 27])
  })

  it('go with their grant', () => {
    const c = monthly(rollover(EVER, EVER))
    c.at('2026-02-15T10:00:00.000Z').run({ kind: 'touch' })
    c.cancel('p')
    expect(c.balance('messages')).toBeNull()
  })
})

describe('an expiry', () => {
  it('ends a grant, and what is left of it', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('gift', 'messages', 10, { expiresAt: c.now + DAY })
    c.grant('kept', 'messages', 1)
    c.track({ messages: 4 })
    c.after(DAY - 1)
    expect(c.left('messages')).toBe(7)
    c.after(1)
    expect([c.left('messages'), c.used('messages')]).toEqual([1, 0])
    expect(c.check({ messages: 2 })).toBe(false)
    c.track({ messages: 1 })
    expect(c.state.grants.map((grant) => grant.id)).toEqual(['kept'])
  })

  it('comes before a reset that would fall on the same instant', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('gift', 'messages', 10, { interval: { unit: 'day', count: 1 }, expiresAt: c.now + DAY })
    c.after(DAY)
    expect(c.balance('messages')).toBeNull()
  })
})

describe('a trial', () => {
  const free = plan('free', [item('messages', 10, 'month')], { autoEnable: true })
  const pro = (cardRequired: boolean) =>
    plan('pro', [item('messages', 1000, 'month')], {
      price: { amount: 20, interval: { unit: 'month', count: 1 } },
      trial: { length: 7, unit: 'day', cardRequired },
    })

  it('without a card ends the plan, and the one that enables itself returns from that instant on', () => {
    const c = new TestCustomer(catalogOf(features, [free, pro(false)]))
    expect(c.left('messages')).toBe(10)
    c.attach('pro')
    expect(c.left('messages')).toBe(1000)
    c.track({ messages: 500 })
    c.after(7 * DAY - 1)
    expect(c.left('messages')).toBe(500)
    // Nobody looks for more than a month.
    c.after(40 * DAY)
    expect(c.left('messages')).toBe(10)
    const [subscription] = c.present().subscriptions
    expect(subscription).toMatchObject({ planId: 'free', startedAt: TEST_START + 7 * DAY })
    expect(c.balance('messages')?.resetsAt).toBe(addIntervals(TEST_START + 7 * DAY, { unit: 'month', count: 1 }, 2))
  })

  it('with a card becomes the paid plan, and its usage stays', () => {
    const c = new TestCustomer(catalogOf(features, [free, pro(true)]))
    c.attach('pro')
    c.track({ messages: 500 })
    expect(c.state.subscriptions[0]?.trialEndsAt).toBe(TEST_START + 7 * DAY)
    c.after(7 * DAY)
    expect(c.left('messages')).toBe(500)
    expect(c.present().subscriptions).toMatchObject([{ planId: 'pro', trialEndsAt: null }])
  })

  it('is given once for each plan, unless one is made for the customer', () => {
    const c = new TestCustomer(catalogOf(features, [free, pro(false)]))
    c.attach('pro')
    c.cancel('pro')
    c.attach('pro')
    expect(c.state.subscriptions).toMatchObject([{ planId: 'pro', trialEndsAt: null, expiresAt: null }])
    c.cancel('pro')
    c.attach('pro', { trial: { length: 1, unit: 'month' } })
    expect(c.state.subscriptions).toMatchObject([{ trialEndsAt: addIntervals(TEST_START, { unit: 'month', count: 1 }, 1) }])
    c.cancel('pro')
    c.catalog = catalogOf(features, [free, { ...pro(true), id: 'other' }])
    c.attach('other', { trial: 'none' })
    expect(c.state.subscriptions).toMatchObject([{ planId: 'other', trialEndsAt: null }])
  })
})

describe('a paid period', () => {
  it('follows the calendar from the start of the plan, over missed ones too', () => {
    const paid = plan('pro', [item('messages', 10, 'month')], { price: { amount: 20, interval: { unit: 'month', count: 1 } } })
    const c = new TestCustomer(catalogOf(features, [paid]), Date.parse('2026-01-31T00:00:00.000Z'))
    c.attach('pro')
    expect(c.state.subscriptions).toMatchObject([{ periodEnd: Date.parse('2026-02-28T00:00:00.000Z') }])
    c.at('2026-05-15T00:00:00.000Z')
    expect(c.present().subscriptions).toMatchObject([
      { periodStart: Date.parse('2026-04-30T00:00:00.000Z'), periodEnd: Date.parse('2026-05-31T00:00:00.000Z') },
    ])
  })
})

describe('the clock of a customer', () => {
  it('may be moved, and everything follows', () => {
    const c = monthly()
    c.track({ messages: 60 })
    c.reserve('h', { messages: 10 })
    c.run({ kind: 'move_clock', offsetMs: 31 * DAY })
    expect(c.state.clockOffsetMs).toBe(31 * DAY)
    c.after(31 * DAY)
    expect([c.left('messages'), c.held('messages')]).toEqual([100, 0])
  })
})
