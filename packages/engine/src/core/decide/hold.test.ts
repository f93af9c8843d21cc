import { describe, expect, it } from 'vitest'
import { InvalidCommandError } from '../invalidCommand.ts'
import { allocated, catalogOf, controls, flag, item, metered, overage, plan, pool, rollover } from '../testing/catalogs.contract.ts'
import { TEST_START, TestCustomer } from '../testing/testCustomer.contract.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const features = [
  metered('messages'),
  metered('action1'),
  metered('action2'),
  allocated('seats'),
  flag('sso'),
  pool('credits', { action1: 0.2, action2: 2 }),
]

/** Five units an hour and ten a month. */
function buckets(): TestCustomer {
  const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 5, 'hour'), item('messages', 10, 'month')])]))
  c.attach('p')
  return c
}

describe('a hold', () => {
  it('sets units aside at once, without counting them as used', () => {
    const c = buckets()
    c.reserve('h', { messages: 8 })
    expect([c.left('messages'), c.held('messages'), c.used('messages'), c.leftByGrant('messages')]).toEqual([7, 8, 0, [0, 7]])
  })

  it.each([
    ['of 5', 5, 10, 5],
    ['of all', 8, 7, 8],
    ['of nothing', 0, 15, 0],
    ['of more', 11, 4, 11],
    ['of all there is', 15, 0, 15],
    ['of fewer than nothing', -2, 15, 0],
  ])('of 8 out of 5 an hour and 10 a month ends, by a commit %s, with the rest given back', (_, units, left, used) => {
    const c = buckets()
    c.reserve('h', { messages: 8 })
    expect(c.commit('h', { messages: units }).ok).toBe(true)
    expect([c.left('messages'), c.used('messages'), c.held('messages')]).toEqual([left, used, 0])
  })

  it('is committed as held when nothing else is said', () => {
    const c = buckets()
    c.reserve('h', { messages: 8 })
    c.commit('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([7, 8])
  })

  it('gives back what came last first', () => {
    const c = buckets()
    c.reserve('h', { messages: 8 })
    c.commit('h', { messages: 5 })
    expect(c.leftByGrant('messages')).toEqual([0, 10])
    c.reserve('i', { messages: 9 })
    c.commit('i', { messages: 4 })
    expect(c.leftByGrant('messages')).toEqual([0, 6])
  })

  it('that is released goes back to the same grants', () => {
    const c = buckets()
    c.track({ messages: 3 })
    c.reserve('h', { messages: 8 })
    expect(c.leftByGrant('messages')).toEqual([0, 4])
    c.release('h')
    expect([c.leftByGrant('messages'), c.used('messages')]).toEqual([[2, 10], 3])
  })

  it('counts with what was used before it', () => {
    const c = buckets()
    c.track({ messages: 5 })
    c.reserve('h', { messages: 8 })
    c.commit('h', { messages: -3 })
    expect([c.left('messages'), c.used('messages')]).toEqual([13, 2])
  })

  it.each([
    [-3, 8],
    [-5, 10],
    [3, 2],
    [0, 5],
    [-8, 13],
  ])('that gives 5 back may be committed with %i instead', (units, left) => {
    const c = buckets()
    c.track({ messages: 10 })
    c.reserve('h', { messages: -5 })
    expect(c.left('messages')).toBe(10)
    c.commit('h', { messages: units })
    expect(c.left('messages')).toBe(left)
  })

  it('that gives units back gives no more than was used, and lets nobody give the same units back again', () => {
    const c = buckets()
    c.track({ messages: 4 })
    c.reserve('h', { messages: -3 })
    c.reserve('i', { messages: -3 })
    expect(c.left('messages')).toBe(15)
    c.track({ messages: -2 })
    c.release('h')
    c.commit('i')
    expect([c.left('messages'), c.used('messages')]).toEqual([12, 3])
  })

  it('takes 9 of 10 a month and another 5, and 4 of them go back to the same place', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month')])]))
    c.attach('p')
    c.grant('top-up', 'messages', 5)
    c.track({ messages: 12 })
    c.track({ messages: -4 })
    expect(c.leftByGrant('messages')).toEqual([4, 3])
    c.grant('another', 'messages', 5)
    c.reserve('h', { messages: 9 })
    expect(c.leftByGrant('messages')).toEqual([0, 0, 3])
    c.commit('h', { messages: 4 })
    expect(c.leftByGrant('messages')).toEqual([0, 3, 5])
  })

  it('is all or nothing over several features', () => {
    const c = buckets()
    c.grant('a', 'action1', 2)
    expect(c.reserve('h', { messages: 5, action1: 3 })).toMatchObject({ code: 'short', shortages: [{ featureId: 'action1' }] })
    expect([c.left('messages'), c.left('action1')]).toEqual([15, 2])
    expect(c.reserve('h', { messages: 5, action1: 2 }).ok).toBe(true)
    c.commit('h', { action1: 1 })
    expect([c.used('messages'), c.used('action1')]).toEqual([5, 1])
  })

  it('of nothing needs no balance, one of something does', () => {
    const c = new TestCustomer(catalogOf(features))
    expect(c.reserve('h', { messages: 0 }).ok).toBe(true)
    expect(c.reserve('i', { messages: 1 })).toMatchObject({ shortages: [{ reason: 'feature_not_in_plan' }] })
    expect(c.reserve('i', { sso: 1 })).toMatchObject({ code: 'feature_not_counted' })
  })

  it('of what is unlimited is counted', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('u', 'messages', 0, { unlimited: true })
    c.reserve('h', { messages: 1000 })
    c.reserve('i', { messages: 500 })
    c.release('i')
    c.commit('h', { messages: 400 })
    expect([c.used('messages'), c.held('messages')]).toEqual([400, 0])
  })

  it('occupies seats like a use does, and gives them back', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('s', 'seats', 2)
    expect(c.reserve('h', { seats: 3 })).toMatchObject({ code: 'short' })
    c.reserve('h', { seats: 2 })
    c.commit('h', { seats: 1 })
    expect([c.left('seats'), c.used('seats')]).toEqual([1, 1])
  })

  it('spends a feature that was not held like units beyond it', () => {
    const c = buckets()
    c.grant('a', 'action1', 2)
    c.reserve('h', { messages: 1 })
    expect(c.commit('h', { action1: 3 })).toMatchObject({ code: 'short' })
    expect(c.commit('h', { action1: 2 }).ok).toBe(true)
    expect([c.used('messages'), c.used('action1')]).toEqual([1, 2])
  })
})

describe('a hold on a pool', () => {
  const drained = () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('a', 'action1', 100)
    c.grant('p', 'credits', 200)
    c.track({ action1: 95 })
    c.reserve('h', { action1: 8 })
    return c
  }

  it('takes the direct balance first', () => {
    const c = drained()
    expect([c.left('action1'), c.left('credits')]).toEqual([0, 199.4])
  })

  it.each([
    [12, 0, 198.6],
    [3, 2, 200],
    [0, 5, 200],
    [8, 0, 199.4],
    [6.5, 0, 199.7],
  ])('that is committed with %d leaves %d and %d credits', (units, direct, credits) => {
    const c = drained()
    c.commit('h', { action1: units })
    expect([c.left('action1'), c.left('credits')]).toEqual([direct, credits])
  })

  it('may be committed far above', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('a', 'action1', 100)
    c.grant('p', 'credits', 200)
    c.reserve('h', { action1: 10 })
    c.commit('h', { action1: 115 })
    expect([c.left('action1'), c.left('credits')]).toEqual([0, 197])
  })

  it('costs what the same call would have cost, to the last fraction', () => {
    const thirds = catalogOf([metered('call'), pool('thirds', { call: 0.3333333333 })])
    for (const units of [0.5, 1.7, 2.9999999999, 0.0000000001]) {
      const [held, tracked] = [new TestCustomer(thirds), new TestCustomer(thirds)]
      for (const c of [held, tracked]) {
        c.grant('a', 'call', 0.7)
        c.grant('p', 'thirds', 10)
      }
      held.reserve('h', { call: 3 })
      held.commit('h', { call: units })
      tracked.track({ call: units })
      expect([held.left('call'), held.left('thirds')]).toEqual([tracked.left('call'), tracked.left('thirds')])
    }
  })

  it('lets features that share it see each other when they settle', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('p', 'credits', 10)
    c.reserve('h', { action1: 5, action2: 2 })
    expect(c.left('credits')).toBe(5)
    // 6 credits more for the one leave too few for the other, though each alone would fit.
    expect(c.commit('h', { action1: 20, action2: 4 })).toMatchObject({ code: 'short', shortages: [{ featureId: 'action2' }] })
    expect(c.left('credits')).toBe(5)
    // What one gives back the other may spend, in whatever order they stand.
    expect(c.commit('h', { action1: 50, action2: 0 }).ok).toBe(true)
    expect([c.left('credits'), c.used('credits')]).toEqual([0, 10])
  })
})

describe('a commit above the hold', () => {
  const short = (overage: 'reject' | 'cap' | 'overflow') => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('g', 'messages', 6)
    c.reserve('h', { messages: 2 }, { overage })
    return c
  }

  it('that does not fit is refused, and the hold stays', () => {
    const c = short('reject')
    expect(c.commit('h', { messages: 50 })).toMatchObject({
      code: 'short',
      shortages: [{ featureId: 'messages', reason: 'balance', required: 480_000_000_000n }],
    })
    expect([c.left('messages'), c.held('messages')]).toEqual([4, 2])
    expect(c.commit('h', { messages: 6 }).ok).toBe(true)
  })

  it('takes what fits, when the hold was capped', () => {
    const c = short('cap')
    expect(c.commit('h', { messages: 50 }).ok).toBe(true)
    expect([c.left('messages'), c.used('messages')]).toEqual([0, 6])
  })

  it('goes below zero, when the hold may overflow', () => {
    const c = short('overflow')
    c.commit('h', { messages: 50 })
    expect(c.leftByGrant('messages')).toEqual([-44])
  })

  it('may say otherwise', () => {
    const c = short('reject')
    c.commit('h', { messages: 50 }, 'overflow')
    expect(c.leftByGrant('messages')).toEqual([-44])
  })
})

describe('a hold that is short', () => {
  it('holds what fits under cap, all under overflow, nothing under reject', () => {
    const c = new TestCustomer(catalogOf(features))
    c.grant('g', 'messages', 3)
    expect(c.reserve('r', { messages: 5 })).toMatchObject({ code: 'short' })
    expect(c.reserve('r', { messages: 3 }).ok).toBe(true)
    c.release('r')
    expect(c.reserve('c', { messages: 5 }, { overage: 'cap' })).toMatchObject({ hold: { items: [{ units: 30_000_000_000n }] } })
    expect(c.reserve('c2', { messages: 5 }, { overage: 'cap' })).toMatchObject({ hold: { items: [{ units: 0n }] } })
    c.commit('c')
    expect(c.used('messages')).toBe(3)
    c.reserve('o', { messages: 5 }, { overage: 'overflow' })
    expect(c.leftByGrant('messages')).toEqual([-5])
    c.release('o')
    expect(c.leftByGrant('messages')).toEqual([0])
  })
})

describe('a hold on carried-over units', () => {
  it('takes them first and gives them back last', () => {
    const c = new TestCustomer(
      catalogOf(features, [plan('p', [item('messages', 100, 'month', rollover(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY))])]),
    )
    c.attach('p')
    c.at('2026-02-20T00:00:00.000Z').run({ kind: 'touch' })
    c.at('2026-03-20T00:00:00.000Z').run({ kind: 'touch' })
    expect([c.carried('messages'), c.left('messages')]).toEqual([[100, 100], 300])
    c.reserve('h', { messages: 250 })
    expect([c.left('messages'), c.carried('messages'), c.leftByGrant('messages')]).toEqual([50, [0, 0], [50]])
    c.commit('h', { messages: 80 })
    expect([c.left('messages'), c.carried('messages'), c.leftByGrant('messages')]).toEqual([220, [20, 100], [100]])
  })
})

describe('a plan that is replaced under a hold', () => {
  const plans = [
    plan('free', [item('messages', 10, 'month')]),
    plan('plus', [item('messages', 50, 'month')]),
    plan('monthly', [item('messages', 50, 'month')]),
    plan('bigger', [item('messages', 80, 'month')]),
    plan('none', []),
  ]

  it('leaves the new plan as it is, when nothing of it was used', () => {
    const c = new TestCustomer(catalogOf(features, plans))
    c.attach('free')
    c.reserve('h', { messages: 4 })
    c.attach('plus')
    c.release('h')
    expect([c.left('messages'), c.granted('messages')]).toEqual([50, 50])
  })

  it('lowers the use of the new plan by what comes back, and no further', () => {
    const c = new TestCustomer(catalogOf(features, plans))
    c.attach('free')
    c.reserve('h', { messages: 4 })
    c.reserve('i', { messages: 4 })
    c.attach('plus')
    c.track({ messages: 5 })
    c.release('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([49, 1])
    c.release('i')
    expect([c.left('messages'), c.used('messages')]).toEqual([50, 0])
  })

  it.each([
    [57, 173],
    [63, 167],
    [60, 170],
  ])('keeps the grants of others: 60 of 50 + 100, then 80, committed with %i leaves %i', (units, left) => {
    const c = new TestCustomer(catalogOf(features, plans))
    c.attach('monthly')
    c.grant('lifetime', 'messages', 100)
    c.reserve('h', { messages: 60 })
    c.attach('bigger')
    c.commit('h', { messages: units })
    expect(c.left('messages')).toBe(left)
  })

  it('gives units back once, however many grants and features they come from', () => {
    const two = [item('messages', 3, 'hour'), item('messages', 5, 'month')]
    const c = new TestCustomer(catalogOf(features, [plan('a', [...two, item('action1', 5)]), plan('b', [item('messages', 50, 'month')])]))
    c.attach('a')
    c.reserve('h', { messages: 8, action1: 5 })
    c.attach('b')
    c.track({ messages: 6 })
    c.release('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([50, 0])
  })

  it('gives nothing to grants that stand alone, and nothing of theirs to a plan', () => {
    const c = new TestCustomer(catalogOf(features, plans))
    c.attach('free')
    c.grant('gone soon', 'messages', 10, { expiresAt: c.now + MINUTE })
    c.reserve('h', { messages: 20 })
    c.attach('none')
    c.grant('alone', 'messages', 10)
    c.track({ messages: 5 })
    c.after(MINUTE).release('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([5, 5])
    c.attach('free')
    c.track({ messages: 3 })
    expect(c.left('messages')).toBe(12)
  })
})

describe('entities', () => {
  const shared = () => {
    const c = new TestCustomer(
      catalogOf(features, [plan('p', [item('messages', 100, 'month'), item('messages', 50, 'month', { id: 'e', perEntity: 'seats' })])]),
    )
    c.attach('p')
    for (const id of ['e1', 'e2']) c.entity(id, 'seats')
    return c
  }

  it("spend their own share first, then the customer's", () => {
    const c = shared()
    expect([c.left('messages'), c.left('messages', 'e1')]).toEqual([200, 150])
    c.reserve('h', { messages: 30 }, { entityId: 'e1' })
    c.commit('h', { messages: 80 })
    expect([c.left('messages'), c.left('messages', 'e1'), c.left('messages', 'e2')]).toEqual([120, 70, 120])
  })

  it('hold beside what the customer uses', () => {
    const c = shared()
    c.reserve('h', { messages: 30 }, { entityId: 'e1' })
    c.track({ messages: 10 })
    expect([c.left('messages'), c.left('messages', 'e1'), c.left('messages', 'e2')]).toEqual([160, 110, 140])
  })

  it('that are deleted under a hold take what they had with them', () => {
    const c = shared()
    c.reserve('h', { messages: 80 }, { entityId: 'e1' })
    c.run({ kind: 'delete_entity', entityId: 'e1' })
    expect(c.left('messages')).toBe(120)
    c.release('h')
    expect([c.left('messages'), c.held('messages')]).toEqual([150, 0])
  })
})

describe('the end of a hold', () => {
  it('comes by itself, when nobody settles it', () => {
    const c = buckets()
    c.reserve('h', { messages: 8 }, { ttlMs: MINUTE })
    c.after(MINUTE - 1)
    expect([c.left('messages'), c.held('messages')]).toEqual([7, 8])
    c.after(1)
    expect([c.left('messages'), c.held('messages')]).toEqual([15, 0])
    expect(c.check({ messages: 15 })).toBe(true)
    expect(c.commit('h')).toMatchObject({ code: 'hold_not_found', became: 'expired' })
    c.track({ messages: 1 })
    expect(c.state.holds).toEqual([])
  })

  it('comes once, and a late settle hears which', () => {
    const c = buckets()
    c.reserve('a', { messages: 1 })
    c.reserve('b', { messages: 1 })
    c.commit('a')
    c.release('b')
    expect(c.commit('a')).toMatchObject({ code: 'hold_not_found', became: 'committed' })
    expect(c.release('a')).toMatchObject({ code: 'hold_not_found', became: 'committed' })
    expect(c.commit('b')).toMatchObject({ code: 'hold_not_found', became: 'released' })
    expect(c.extend('b', { messages: 1 })).toMatchObject({ code: 'hold_not_found', became: 'released' })
    expect(c.commit('never')).toMatchObject({ code: 'hold_not_found', became: null })
    expect(c.used('messages')).toBe(1)
  })

  it('frees its id, and settling an id that was never held does not spoil it', () => {
    const c = buckets()
    expect(c.commit('h').ok).toBe(false)
    c.reserve('h', { messages: 1 })
    expect(c.reserve('h', { messages: 1 })).toMatchObject({ code: 'hold_exists' })
    expect(c.commit('h').ok).toBe(true)
    expect(c.reserve('h', { messages: 2 }).ok).toBe(true)
    expect(c.commit('h').ok).toBe(true)
    expect(c.used('messages')).toBe(3)
  })

  it('is remembered for the last holds alone', () => {
    const c = buckets()
    for (let call = 0; call < 40; call++) {
      c.reserve(`h${call}`, { messages: 1 })
      c.release(`h${call}`)
    }
    expect(c.state.endedHolds).toHaveLength(32)
    expect(c.commit('h39')).toMatchObject({ became: 'released' })
    expect(c.commit('h0')).toMatchObject({ became: null })
  })
})

describe('an extension', () => {
  it('adds units and time, and unwinds last', () => {
    const c = buckets()
    c.reserve('h', { messages: 4 }, { ttlMs: MINUTE })
    c.extend('h', { messages: 4 }, c.now + 5 * MINUTE)
    expect([c.left('messages'), c.held('messages')]).toEqual([7, 8])
    c.after(2 * MINUTE)
    expect(c.held('messages')).toBe(8)
    c.commit('h', { messages: 5 })
    expect(c.leftByGrant('messages')).toEqual([0, 10])
  })

  it('may add another feature', () => {
    const c = buckets()
    c.grant('a', 'action1', 3)
    c.reserve('h', { messages: 1 })
    c.extend('h', { action1: 2 })
    c.commit('h', { action1: 1 })
    expect([c.used('messages'), c.used('action1')]).toEqual([1, 1])
  })

  it('takes all or nothing, however the hold was taken', () => {
    const c = buckets()
    c.reserve('h', { messages: 10 }, { overage: 'overflow' })
    expect(c.extend('h', { messages: 6 })).toMatchObject({ code: 'short' })
    expect(c.held('messages')).toBe(10)
    expect(c.extend('h', { messages: 5 }).ok).toBe(true)
  })

  it('can only add', () => {
    const c = buckets()
    c.reserve('h', { messages: 4 })
    expect(() => c.extend('h', { messages: -1 })).toThrow(InvalidCommandError)
    expect(c.held('messages')).toBe(4)
  })
})

describe('a hold that spans a reset', () => {
  const monthly = (more = {}) => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month', more)])]))
    c.attach('p')
    c.at('2026-02-15T09:59:00.000Z')
    c.reserve('h', { messages: 6 }, { ttlMs: DAY })
    c.at('2026-02-15T10:00:00.000Z')
    return c
  }

  it('counts in the cycle in which it was taken', () => {
    const c = monthly()
    c.commit('h')
    expect([c.left('messages'), c.used('messages')]).toEqual([10, 0])
  })

  it('does not come back to a later cycle', () => {
    const c = monthly()
    c.track({ messages: 3 })
    c.release('h')
    expect([c.left('messages'), c.used('messages'), c.held('messages')]).toEqual([7, 3, 0])
  })

  it('spends more from the cycle in which it is committed', () => {
    const c = monthly()
    c.commit('h', { messages: 8 })
    expect([c.left('messages'), c.used('messages')]).toEqual([8, 2])
  })

  it('is not carried over, and what is carried over of the rest is', () => {
    const c = monthly(rollover(Number.POSITIVE_INFINITY, 1))
    expect([c.carried('messages'), c.left('messages')]).toEqual([[4], 14])
    c.release('h')
    expect(c.left('messages')).toBe(14)
  })

  it('on units that were carried over comes back, while they live', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month', rollover(Number.POSITIVE_INFINITY, 2))])]))
    c.attach('p')
    c.at('2026-02-20T00:00:00.000Z').track({ messages: 3 })
    expect(c.carried('messages')).toEqual([7])
    c.at('2026-03-15T09:00:00.000Z').reserve('h', { messages: 9 }, { ttlMs: DAY })
    c.at('2026-03-15T12:00:00.000Z')
    expect(c.carried('messages')).toEqual([0, 8])
    c.release('h')
    // The two units of the ended cycle are gone, the seven carried over before are back.
    expect([c.carried('messages'), c.left('messages')]).toEqual([[7, 8], 25])
  })

  it('on units that were carried over does not come back once they have expired', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month', rollover(Number.POSITIVE_INFINITY, 1))])]))
    c.attach('p')
    c.at('2026-02-15T10:00:00.000Z').run({ kind: 'touch' })
    c.at('2026-03-15T09:00:00.000Z').reserve('h', { messages: 10 }, { ttlMs: DAY })
    c.at('2026-03-15T10:00:00.000Z')
    expect(c.carried('messages')).toEqual([10])
    c.release('h')
    expect([c.carried('messages'), c.left('messages')]).toEqual([[10], 20])
  })

  it('that ends at the very instant of the reset gives its units back to the cycle that ends', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 10, 'month', rollover(Number.POSITIVE_INFINITY, 1))])]))
    c.attach('p')
    const resetAt = c.balance('messages')?.resetsAt ?? 0
    c.at(resetAt - MINUTE).reserve('h', { messages: 6 }, { ttlMs: MINUTE })
    c.at(resetAt)
    expect([c.carried('messages'), c.left('messages')]).toEqual([[10], 20])
  })
})

describe('a hold under a usage limit', () => {
  const limited = () => {
    const c = new TestCustomer(catalogOf(features), TEST_START)
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { messages: [5, 'day'] } }) } })
    c.grant('g', 'messages', 100)
    return c
  }

  it('counts at once, and no longer when it is released', () => {
    const c = limited()
    c.reserve('h', { messages: 4 })
    expect([c.check({ messages: 1 }), c.check({ messages: 2 })]).toEqual([true, false])
    c.release('h')
    expect(c.check({ messages: 5 })).toBe(true)
  })

  it('counts what was really used', () => {
    const c = limited()
    c.reserve('h', { messages: 4 })
    c.commit('h', { messages: 1 })
    expect([c.check({ messages: 4 }), c.check({ messages: 5 })]).toEqual([true, false])
    c.reserve('i', { messages: 2 })
    expect(c.commit('i', { messages: 5 })).toMatchObject({ code: 'short', shortages: [{ reason: 'usage_limit' }] })
    c.commit('i', { messages: 4 })
    expect(c.check({ messages: 0.1 })).toBe(false)
  })

  it('that is released on a later day gives nothing back to that day', () => {
    const c = limited()
    c.reserve('h', { messages: 4 }, { ttlMs: DAY })
    c.at('2026-01-16T01:00:00.000Z').track({ messages: 3 })
    c.release('h')
    expect([c.check({ messages: 2 }), c.check({ messages: 3 })]).toEqual([true, false])
  })
})

describe('overage under a hold', () => {
  it('is held and unwound last', () => {
    const c = new TestCustomer(
      catalogOf(features, [plan('p', [item('messages', 5, 'month', overage(5)), item('messages', 10, null, { id: 'b' })])]),
    )
    c.attach('p')
    c.reserve('h', { messages: 18 })
    expect(c.leftByGrant('messages')).toEqual([-3, 0])
    c.commit('h', { messages: 12 })
    expect(c.leftByGrant('messages')).toEqual([0, 3])
  })
})
