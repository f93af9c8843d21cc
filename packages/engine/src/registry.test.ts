import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'
import { describe, expect, it } from 'vitest'
import { amountOf } from './core/amount.ts'
import { catalogOf } from './registry.ts'

const features = defineFeatures({
  messages: metered(),
  image_gen: metered({ eventNames: ['image.created'], display: { singular: 'image', plural: 'images' } }),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ image_gen: 2.5 }),
})
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(20).per('month'), seats: included(2) } },
  pro: {
    name: 'Pro',
    price: { amount: 20, interval: 'month' },
    trial: { length: 7, unit: 'day' },
    items: { messages: unlimited(), credits: included(500).per('month').rollover({ max: 100, months: 2 }), sso: granted() },
  },
})

describe('a registry', () => {
  it('becomes a catalog: every feature by its id, with exact costs', () => {
    const catalog = catalogOf(features, plans, null, 5)
    expect(catalog.version).toBe(1)
    expect([...catalog.features.values()].map(({ id, type, consumable, eventNames }) => [id, type, consumable, eventNames])).toEqual([
      ['messages', 'metered', true, []],
      ['image_gen', 'metered', true, ['image.created']],
      ['seats', 'metered', false, []],
      ['sso', 'boolean', false, []],
      ['credits', 'credit_system', true, []],
    ])
    expect(catalog.poolsByFeature.get('image_gen')).toEqual([{ poolId: 'credits', cost: amountOf(2.5) }])
  })

  it('becomes plans with all their terms', () => {
    const { plans: known } = catalogOf(features, plans, null, 5)
    const month = { unit: 'month', count: 1 }
    expect(known.get('free')).toMatchObject({
      ...{ name: 'Free', version: 1, autoEnable: true, addOn: false, price: null, trial: null, createdAt: 5 },
      items: [
        { featureId: 'messages', kind: 'included', included: amountOf(20), interval: month, overage: null, rollover: null },
        { featureId: 'seats', kind: 'included', included: amountOf(2), interval: null },
      ],
    })
    expect(known.get('pro')).toMatchObject({
      ...{ price: { amount: 20, interval: month }, trial: { length: 7, unit: 'day', cardRequired: false } },
      items: [
        { featureId: 'messages', kind: 'unlimited', included: 0n },
        { featureId: 'credits', rollover: { max: amountOf(100), maxPercentage: null, expiresAfterMonths: 2 } },
        { featureId: 'sso', kind: 'granted' },
      ],
    })
  })

  it('laid over a catalog that says the same changes nothing', () => {
    const saved = catalogOf(features, plans, null, 5)
    expect(catalogOf(features, plans, saved, 9)).toBe(saved)
  })

  it('laid over an older catalog wins, makes a new version of what has changed, and keeps what it does not know', () => {
    const saved = catalogOf(features, plans, null, 5)
    const changed = definePlans(features, {
      free: { name: 'Free', autoEnable: true, items: { messages: included(30).per('month'), seats: included(2) } },
    })
    const next = catalogOf(features, changed, saved, 9)
    expect(next.version).toBe(2)
    expect(next.plans.get('free')).toMatchObject({ version: 2, createdAt: 5, items: [{ included: amountOf(30) }, {}] })
    expect(next.plans.get('pro')).toBe(saved.plans.get('pro'))
    const other = defineFeatures({ voice: metered() })
    expect([...catalogOf(other, {}, next, 9).features.keys()]).toEqual(['messages', 'image_gen', 'seats', 'sso', 'credits', 'voice'])
  })
})
