import { describe, expect, it } from 'vitest'
import type { CatalogPlan } from '../catalog.ts'
import { allocated, catalogOf, flag, item, metered, plan, pool } from '../testing/catalogs.contract.ts'
import { TEST_START, TestCustomer } from '../testing/testCustomer.contract.ts'

const DAY = 86_400_000
const month = { unit: 'month', count: 1 } as const
const features = [metered('messages'), allocated('seats'), flag('sso'), pool('credits', { messages: 1 })]
const free = plan('free', [item('messages', 10, 'month')])
const plus = plan('plus', [item('messages', 50, 'month'), item('sso', 'granted')])
const topUp = plan('topup', [item('messages', 5)], { addOn: true, group: 'extras' })
const pro = plan('pro', [item('messages', 1000, 'month')], { price: { amount: 20, interval: month } })

const customer = (...plans: readonly CatalogPlan[]) => new TestCustomer(catalogOf(features, plans))
const planIds = (c: TestCustomer) => c.present().subscriptions.map((subscription) => subscription.planId)

describe('attaching a plan', () => {
  it('replaces the one of its group, and begins afresh', () => {
    const c = customer(free, plus)
    c.attach('free')
    c.track({ messages: 3 })
    expect(c.attach('plus')).toMatchObject({ ok: true, replaced: { planId: 'free' } })
    expect([planIds(c), c.left('messages'), c.used('messages'), c.check({ sso: 1 })]).toEqual([['plus'], 50, 0, true])
    c.attach('free')
    expect([planIds(c), c.left('messages'), c.check({ sso: 1 })]).toEqual([['free'], 10, false])
  })

  it('keeps what was used of other grants', () => {
    const c = customer(free, plus)
    c.attach('free')
    c.grant('gift', 'messages', 20)
    c.track({ messages: 15 })
    c.attach('plus')
    expect([c.left('messages'), c.used('messages')]).toEqual([65, 5])
  })

  it('leaves plans of other groups and add-ons alone', () => {
    const c = customer(free, { ...plus, group: 'other' }, topUp)
    for (const id of ['free', 'plus', 'topup', 'topup']) expect(c.attach(id).ok).toBe(true)
    expect([planIds(c), c.left('messages')]).toEqual([['free', 'plus', 'topup', 'topup'], 70])
    c.track({ messages: 62 })
    expect(c.leftByGrant('messages')).toEqual([0, 0, 3, 5])
  })

  it('is refused for a plan that is there already, or that does not exist', () => {
    const c = customer(free)
    c.attach('free')
    expect(c.attach('free')).toMatchObject({ code: 'plan_already_attached', planId: 'free' })
    expect(c.attach('nope')).toMatchObject({ code: 'plan_not_found' })
    expect(c.attach('free', { entityId: 'nobody' })).toMatchObject({ code: 'entity_not_found' })
  })

  it('grants units bought ahead in whole packs, what is included counted in', () => {
    const bought = (quantity: number) => {
      const c = customer(plan('p', [item('messages', 100, 'month', { prepaid: { billingUnits: 1_000_000_000_000n } })]))
      c.attach('p', { quantities: { messages: quantity } })
      return c.granted('messages')
    }
    expect([300, 301, 100, 50, 0].map(bought)).toEqual([300, 400, 100, 100, 100])
  })

  it('keeps seats occupied', () => {
    const c = customer(plan('a', [item('seats', 3)]), plan('b', [item('seats', 5), item('seats', 1, null, { id: 'more' })]))
    c.attach('a')
    c.track({ seats: 2 })
    c.reserve('h', { seats: 1 })
    c.attach('b')
    expect([c.used('seats'), c.left('seats')]).toEqual([3, 3])
    c.release('h')
    expect([c.used('seats'), c.left('seats')]).toEqual([2, 4])
  })

  it('counts the entities that exist as occupied seats', () => {
    const c = customer(plan('a', [item('seats', 3)]))
    c.entity('e1', 'seats')
    c.entity('e2', 'seats')
    c.attach('a')
    expect(c.left('seats')).toBe(1)
  })
})

describe('plans that enable themselves', () => {
  it('are given to a new customer: of a group, the first', () => {
    const c = customer({ ...free, autoEnable: true }, { ...plus, autoEnable: true }, { ...topUp, autoEnable: true })
    expect([planIds(c), c.left('messages')]).toEqual([['free', 'topup'], 15])
  })

  it('are not given when they cost something or are archived', () => {
    expect(planIds(customer({ ...pro, autoEnable: true }, { ...free, autoEnable: true, archived: true }))).toEqual([])
  })

  it('return when another plan of their group ends', () => {
    const c = customer({ ...free, autoEnable: true }, plus)
    c.attach('plus')
    c.cancel('plus')
    expect([planIds(c), c.left('messages')]).toEqual([['free'], 10])
    c.cancel('free')
    expect(planIds(c)).toEqual([])
  })
})

describe('cancelling a plan', () => {
  it('ends it at once', () => {
    const c = customer(free)
    c.attach('free')
    c.cancel('free')
    expect([planIds(c), c.balance('messages')]).toEqual([[], null])
    expect(c.cancel('free')).toMatchObject({ code: 'plan_not_attached', planId: 'free' })
  })

  it('at the end of the period keeps it until then', () => {
    const c = customer({ ...free, autoEnable: true }, pro)
    c.attach('pro')
    const end = Date.parse('2026-02-15T10:00:00.000Z')
    expect(c.after(DAY).cancel('pro', 'period_end')).toMatchObject({ subscription: { canceledAt: TEST_START + DAY, expiresAt: end } })
    c.at(end - 1)
    expect(c.left('messages')).toBe(1000)
    c.at(end)
    expect([planIds(c), c.left('messages')]).toEqual([['free'], 10])
  })

  it('at the end of the period ends a plan without periods at once', () => {
    const c = customer(free)
    c.attach('free')
    c.cancel('free', 'period_end')
    expect(planIds(c)).toEqual([])
  })

  it('may be taken back until then', () => {
    const c = customer(pro)
    c.attach('pro')
    c.cancel('pro', 'period_end')
    expect(c.cancel('pro', 'uncancel')).toMatchObject({ subscription: { canceledAt: null, expiresAt: null } })
    c.after(60 * DAY)
    expect(planIds(c)).toEqual(['pro'])
  })

  it('taken back does not outlast a trial without a card', () => {
    const c = customer({ ...pro, trial: { length: 7, unit: 'day', cardRequired: false } })
    c.attach('pro')
    c.cancel('pro', 'period_end')
    c.cancel('pro', 'uncancel')
    c.after(7 * DAY)
    expect(planIds(c)).toEqual([])
  })

  it('ends the add-on attached last', () => {
    const c = customer(topUp)
    c.attach('topup')
    c.after(1).attach('topup')
    c.cancel('topup')
    expect(c.state.subscriptions).toMatchObject([{ startedAt: TEST_START }])
  })
})

describe("an entity's plan", () => {
  it('is its own: neither other entities nor the customer spend it', () => {
    const c = customer(free, plus)
    for (const id of ['e1', 'e2']) c.entity(id, 'seats')
    c.attach('plus', { entityId: 'e1' })
    expect([c.check({ messages: 1 }, { entityId: 'e1' }), c.check({ messages: 1 }, { entityId: 'e2' }), c.check({ messages: 1 })]).toEqual([
      true,
      false,
      false,
    ])
    expect([c.check({ sso: 1 }, { entityId: 'e1' }), c.check({ sso: 1 })]).toEqual([true, false])
    c.attach('free')
    expect([c.left('messages', 'e1'), c.left('messages', 'e2'), c.left('messages')]).toEqual([60, 10, 10])
    c.track({ messages: 55 }, { entityId: 'e1' })
    expect([c.left('messages', 'e1'), c.left('messages')]).toEqual([5, 5])
  })

  it("stands beside the customer's of the same group", () => {
    const c = customer(free, plus)
    c.entity('e1', 'seats')
    c.attach('free')
    c.attach('plus', { entityId: 'e1' })
    expect(planIds(c)).toEqual(['free', 'plus'])
  })

  it('gives items per entity to that entity alone', () => {
    const c = customer(plan('p', [item('messages', 5, null, { perEntity: 'seats' })]))
    for (const id of ['e1', 'e2']) c.entity(id, 'seats')
    c.attach('p', { entityId: 'e1' })
    c.entity('e3', 'seats')
    expect(['e1', 'e2', 'e3'].map((id) => c.left('messages', id))).toEqual([5, 0, 0])
    expect(c.left('messages')).toBe(0)
  })
})
