import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const plans = async (customerId = 'c1') => (await api.autumn.customers.get({ customerId })).subscriptions.map(({ planId }) => planId)
const messages = async (customerId = 'c1') => (await api.autumn.check({ customerId, featureId: 'messages' })).balance
const day = 86_400_000

describe('billing.attach', () => {
  it('replaces the plan of the same group at once, with fresh balances', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 3 })
    expect(await api.autumn.billing.attach({ customerId: 'c1', planId: 'free_plus' })).toEqual({ customerId: 'c1', paymentUrl: null })
    expect(await plans()).toEqual(['free_plus'])
    expect(await messages()).toMatchObject({ granted: 50, remaining: 50, usage: 0 })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'sso' })).allowed).toBe(true)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'tokens' })).allowed).toBe(false)
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'free' })
    expect(await messages()).toMatchObject({ granted: 10, remaining: 10 })
  })

  it('stacks add-ons, also on themselves, and loses no usage', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 8 })
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'topup' })
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'topup' })
    expect(await plans()).toEqual(['free', 'topup', 'topup'])
    expect(await messages()).toMatchObject({
      granted: 20,
      remaining: 12,
      usage: 8,
      breakdown: [{ planId: 'free' }, { planId: 'topup' }, { planId: 'topup' }],
    })
  })

  it('keeps seats occupied over a change of plan', async () => {
    await api.autumn.plans.create({
      planId: 'more_seats',
      name: 'More seats',
      group: 'seats',
      items: [{ featureId: 'seats', included: 10 }],
    })
    await customerWith(api, 's1', 'seats_plan')
    await api.autumn.track({ customerId: 's1', featureId: 'seats', value: 2 })
    await api.autumn.billing.attach({ customerId: 's1', planId: 'more_seats' })
    expect((await api.autumn.check({ customerId: 's1', featureId: 'seats' })).balance).toMatchObject({
      granted: 10,
      remaining: 8,
      usage: 2,
    })
  })

  it('refuses the plan that is held, and what does not exist', async () => {
    const attach = (body: object) => api.send('/v1/billing.attach', { customer_id: 'c1', plan_id: 'free', ...body })
    expect(await attach({})).toMatchObject({
      status: 409,
      body: { code: 'plan_already_attached', message: "Product Free is already attached, can't attach again" },
    })
    expect(await attach({ plan_id: 'nope' })).toMatchObject({ status: 404, body: { code: 'product_not_found' } })
    expect(await attach({ customer_id: 'nobody' })).toMatchObject({ status: 404, body: { code: 'customer_not_found' } })
    expect(await attach({ plan_id: 'topup', entity_id: 'nope' })).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  })

  it('accepts what concerns payment, and refuses terms that it cannot keep', async () => {
    const attach = (body: object) => api.send('/v1/billing.attach', { customer_id: 'c1', plan_id: 'free_plus', ...body })
    for (const terms of [
      { customize: { items: [] } },
      { plan_schedule: 'end_of_cycle' },
      { carry_over_usages: { enabled: true } },
      { starts_at: 1 },
    ])
      expect(await attach(terms)).toMatchObject({ status: 400, body: { code: 'not_offered' } })
    expect(
      await attach({ redirect_mode: 'if_required', success_url: 'https://example.com', discounts: [], invoice_mode: { enabled: true } }),
    ).toMatchObject({ status: 200 })
  })

  it('is previewed without doing it', async () => {
    await api.autumn.plans.create({ planId: 'pro', name: 'Pro', group: 'main', price: { amount: 20, interval: 'month' }, items: [] })
    const preview = await api.autumn.billing.previewAttach({ customerId: 'c1', planId: 'pro' })
    expect(preview).toMatchObject({
      total: 20,
      lineItems: [{ planId: 'pro', total: 20 }],
      incoming: [{ planId: 'pro' }],
      outgoing: [{ planId: 'free' }],
    })
    expect(await plans()).toEqual(['free'])
  })
})

describe('billing.update', () => {
  it('cancels a plan at once', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 2 })
    await api.autumn.billing.update({ customerId: 'c1', planId: 'free', cancelAction: 'cancel_immediately' })
    expect(await plans()).toEqual([])
    expect(await messages()).toBeNull()
  })

  it('cancels a paid plan at the end of its cycle, takes that back, and lets the free plan of the group follow', async () => {
    await api.autumn.plans.create({
      planId: 'pro',
      name: 'Pro',
      group: 'tiers',
      price: { amount: 20, interval: 'month' },
      items: [{ featureId: 'exports', included: 100 }],
    })
    await api.autumn.plans.create({
      planId: 'basic',
      name: 'Basic',
      group: 'tiers',
      autoEnable: true,
      items: [{ featureId: 'exports', included: 1 }],
    })
    await customerWith(api, 'p', 'pro')
    const subscription = async () => (await api.autumn.customers.get({ customerId: 'p' })).subscriptions[0]
    expect(await subscription()).toMatchObject({ planId: 'pro', currentPeriodStart: api.clock.now, canceledAt: null })
    const end = (await subscription())?.currentPeriodEnd ?? 0
    await api.autumn.billing.update({ customerId: 'p', cancelAction: 'cancel_end_of_cycle' })
    expect(await subscription()).toMatchObject({ planId: 'pro', canceledAt: api.clock.now, expiresAt: end })
    await api.autumn.billing.update({ customerId: 'p', cancelAction: 'uncancel' })
    expect(await subscription()).toMatchObject({ canceledAt: null, expiresAt: null })
    await api.autumn.billing.update({ customerId: 'p', cancelAction: 'cancel_end_of_cycle' })
    api.clock.now = end
    expect(await subscription()).toMatchObject({ planId: 'basic' })
    expect((await api.autumn.check({ customerId: 'p', featureId: 'exports' })).balance).toMatchObject({ granted: 1 })
  })

  it('asks which plan when there are several, and refuses other changes', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'topup' })
    const update = (body: object) => api.send('/v1/billing.update', { customer_id: 'c1', cancel_action: 'cancel_immediately', ...body })
    expect(await update({})).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
    expect(await update({ plan_id: 'seats_plan' })).toMatchObject({ status: 404, body: { code: 'product_not_found' } })
    expect(await update({ plan_id: 'free', feature_quantities: [] })).toMatchObject({ status: 400, body: { code: 'not_offered' } })
  })
})

describe('a trial', () => {
  beforeEach(async () => {
    await api.autumn.plans.create({
      planId: 'tryout',
      name: 'Try-out',
      group: 'tryout',
      price: { amount: 20, interval: 'month' },
      freeTrial: { durationLength: 7, durationType: 'day', cardRequired: false },
      items: [{ featureId: 'exports', included: 9 }],
    })
  })

  it('ends with its plan when no card was asked for, and is given once', async () => {
    await customerWith(api, 't', 'tryout')
    const held = async () => await api.autumn.customers.get({ customerId: 't', expand: ['trials_used'] })
    expect((await held()).subscriptions).toMatchObject([{ planId: 'tryout', status: 'active', trialEndsAt: api.clock.now + 7 * day }])
    expect((await held()).trialsUsed).toMatchObject([{ planId: 'tryout' }])
    api.clock.now += 7 * day
    expect((await held()).subscriptions).toEqual([])
    await api.autumn.billing.attach({ customerId: 't', planId: 'tryout' })
    expect((await held()).subscriptions).toMatchObject([{ planId: 'tryout', trialEndsAt: null }])
  })

  it('may be left out, or be made for one customer', async () => {
    await customerWith(api, 't')
    await api.autumn.billing.attach({ customerId: 't', planId: 'tryout', freeTrial: null })
    expect((await api.autumn.customers.get({ customerId: 't' })).subscriptions).toMatchObject([{ trialEndsAt: null }])
    await customerWith(api, 'u')
    await api.autumn.billing.attach({
      customerId: 'u',
      planId: 'tryout',
      customize: { freeTrial: { durationLength: 2, durationType: 'day' } },
    })
    expect((await api.autumn.customers.get({ customerId: 'u' })).subscriptions).toMatchObject([{ trialEndsAt: api.clock.now + 2 * day }])
  })
})
