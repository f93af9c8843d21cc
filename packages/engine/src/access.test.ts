import { describe, expect, it } from 'vitest'
import { accessOf } from './access.ts'
import { allocated, catalogOf, controls, flag, item, metered, overage, plan, pool } from './core/testing/catalogs.contract.ts'
import { TestCustomer } from './core/testing/testCustomer.contract.ts'

const features = [metered('messages'), metered('images'), allocated('seats'), flag('sso'), flag('saml'), pool('credits', { images: 10 })]

const access = (c: TestCustomer, entityId: string | null = null) => accessOf(c.catalog, c.present(), entityId, c.now)

describe('what a client may see', () => {
  it('is each feature that the customer has, and its plans', () => {
    const c = new TestCustomer(
      catalogOf(features, [
        plan(
          'pro',
          [item('messages', 10, 'month', overage(5)), item('images', 'unlimited'), item('sso', 'granted'), item('credits', 7.5)],
          {
            price: { amount: 20, interval: { unit: 'month', count: 1 } },
            trial: { length: 7, unit: 'day', cardRequired: false },
          },
        ),
      ]),
    )
    c.attach('pro')
    c.run({ kind: 'update_customer', fields: { controls: controls({ usageLimits: { messages: [6, 'day'] } }) } })
    c.track({ messages: 3, images: 40 })
    c.reserve('h', { messages: 2 })
    const trialEndsAt = Date.parse('2026-01-22T10:00:00.000Z')
    expect(access(c)).toEqual({
      customerId: 'c1',
      entityId: null,
      version: c.state.seq,
      at: c.now,
      features: {
        messages: {
          ...{ featureId: 'messages', type: 'metered', granted: 10, used: 3, held: 2, remaining: 5, unlimited: false },
          ...{ overageLeft: 5, usageLimitLeft: 1, resetsAt: Date.parse('2026-02-15T10:00:00.000Z') },
        },
        images: {
          ...{ featureId: 'images', type: 'metered', granted: 0, used: 40, held: 0, remaining: 0, unlimited: true },
          ...{ overageLeft: 0, usageLimitLeft: 'unlimited', resetsAt: null },
        },
        sso: { featureId: 'sso', type: 'boolean', granted: true },
        credits: {
          ...{ featureId: 'credits', type: 'credit_system', granted: 7.5, used: 0, held: 0, remaining: 7.5, unlimited: false },
          ...{ overageLeft: 0, usageLimitLeft: 'unlimited', resetsAt: null },
        },
      },
      plans: [{ planId: 'pro', status: 'trialing', startsAt: c.state.createdAt, trialEndsAt, endsAt: trialEndsAt }],
    })
  })

  it("of an entity is its own and the customer's, not what others have", () => {
    const c = new TestCustomer(
      catalogOf(features, [plan('shared', [item('messages', 10)]), plan('own', [item('messages', 3), item('sso', 'granted')])]),
    )
    for (const id of ['e1', 'e2']) c.entity(id, 'seats')
    c.attach('shared')
    c.attach('own', { entityId: 'e1' })
    expect(access(c, 'e1')).toMatchObject({ entityId: 'e1', features: { messages: { remaining: 13 }, sso: { granted: true } } })
    expect(access(c, 'e1').plans.map((each) => each.planId)).toEqual(['shared', 'own'])
    for (const other of [access(c, 'e2'), access(c)]) {
      expect(Object.keys(other.features)).toEqual(['messages'])
      expect(other.plans.map((each) => each.planId)).toEqual(['shared'])
    }
  })

  it('without a limit beyond the balance says so', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 1, 'month', overage(Number.POSITIVE_INFINITY))])]))
    c.attach('p')
    c.track({ messages: 5 })
    expect(access(c).features).toMatchObject({ messages: { remaining: 0, used: 5, overageLeft: 'unlimited' } })
  })

  it('is plain JSON', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('messages', 1)])]))
    c.attach('p')
    expect(JSON.parse(JSON.stringify(access(c)))).toEqual(access(c))
  })
})
