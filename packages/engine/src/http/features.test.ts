import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  return () => api.close()
})

describe('features', () => {
  it('are created, and listed in the order in which they were', async () => {
    const { list } = await api.autumn.features.list()
    expect(list.map(({ id }) => id)).toEqual([
      'premium',
      'sso',
      'messages',
      'tokens',
      'exports',
      'seats',
      'small_task',
      'big_task',
      'credits',
    ])
    expect(await api.autumn.features.get({ featureId: 'credits' })).toMatchObject({
      type: 'credit_system',
      consumable: true,
      creditSchema: [
        { meteredFeatureId: 'small_task', creditCost: 1 },
        { meteredFeatureId: 'big_task', creditCost: 2.5 },
      ],
    })
  })

  it('have one id each', async () => {
    expect(await api.send('/v1/features.create', { feature_id: 'sso', name: 'SSO', type: 'boolean' })).toMatchObject({
      status: 409,
      body: { code: 'duplicate_feature_id', message: 'Feature sso already exists' },
    })
  })

  it('may be priced by a credit system before they exist', async () => {
    const credit_schema = [{ metered_feature_id: 'later', credit_cost: 3 }]
    expect(await api.send('/v1/features.create', { feature_id: 'pool', name: 'Pool', type: 'credit_system', credit_schema })).toMatchObject(
      { status: 200 },
    )
    await api.autumn.features.create({ featureId: 'later', name: 'Later', type: 'metered', consumable: true })
    await api.autumn.customers.getOrCreate({ customerId: 'c1' })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'pool', includedGrant: 6 })
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'later', requiredBalance: 2 })).toMatchObject({
      allowed: true,
      requiredBalance: 6,
    })
  })

  it('change their names and events, and stay what they are', async () => {
    expect(await api.autumn.features.update({ featureId: 'exports', name: 'Downloads', eventNames: ['download'] })).toMatchObject({
      name: 'Downloads',
      eventNames: ['download'],
    })
    for (const change of [{ consumable: false }, { type: 'boolean' }, { new_feature_id: 'other' }])
      expect(await api.send('/v1/features.update', { feature_id: 'exports', ...change })).toMatchObject({ status: 400 })
  })

  it('are deleted once nothing names them', async () => {
    expect(await api.send('/v1/features.delete', { feature_id: 'messages' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
    expect(await api.send('/v1/features.delete', { feature_id: 'small_task' })).toMatchObject({ status: 400 })
    expect(await api.autumn.features.delete({ featureId: 'exports' })).toEqual({ success: true })
    expect(await api.send('/v1/features.get', { feature_id: 'exports' })).toMatchObject({
      status: 404,
      body: { code: 'feature_not_found' },
    })
  })

  it('of kinds that are not offered are refused by name', async () => {
    const create = (body: object) => api.send('/v1/features.create', { feature_id: 'x', name: 'X', ...body })
    expect(await create({ type: 'ai_credit_system' })).toMatchObject({ status: 400, body: { code: 'not_offered' } })
    const credit_schema = [{ metered_feature_id: 'messages', credit_cost: 1, billing_units: 10 }]
    expect(await create({ type: 'credit_system', credit_schema })).toMatchObject({ status: 400, body: { code: 'not_offered' } })
    expect(await create({ type: 'wat' })).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
  })

  it('outlive the process that created them', async () => {
    const { autumn } = api
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        autumn.features.create({ featureId: `f${index}`, name: 'F', type: 'metered', consumable: true }),
      ),
    )
    expect((await autumn.features.list()).list).toHaveLength(19)
  })
})

describe('plans', () => {
  it('show their items in the order of their features, each with what it says to people', async () => {
    const plan = await api.autumn.plans.get({ planId: 'free' })
    expect(plan).toMatchObject({ id: 'free', group: 'main', version: 1, addOn: false, autoEnable: false, price: null, archived: false })
    expect(plan.items).toMatchObject([
      { featureId: 'credits', included: 20, reset: { interval: 'month' }, display: { primaryText: '20 Credits' } },
      { featureId: 'messages', included: 10, reset: { interval: 'month' } },
      { featureId: 'premium', included: 0, reset: null, display: { primaryText: 'Premium support' } },
      { featureId: 'tokens', unlimited: true, reset: { interval: 'one_off' }, display: { primaryText: 'Unlimited Tokens' } },
    ])
    expect((await api.autumn.plans.get({ planId: 'seats_plan' })).items).toMatchObject([{ featureId: 'seats', included: 3, reset: null }])
  })

  it('are listed group by group, without those that are archived', async () => {
    const ids = async (includeArchived: boolean) => (await api.autumn.plans.list({ includeArchived })).list.map(({ id }) => id)
    expect(await ids(false)).toEqual(['topup', 'free', 'free_plus', 'seats_plan'])
    await api.send('/v1/plans.update', { plan_id: 'topup', archived: true })
    expect(await ids(false)).toEqual(['free', 'free_plus', 'seats_plan'])
    expect(await ids(true)).toHaveLength(4)
  })

  it('say to a customer what attaching them would be', async () => {
    await customerWith(api, 'c1', 'free')
    const { list } = await api.autumn.plans.list({ customerId: 'c1' })
    const actions = Object.fromEntries(list.map(({ id, customerEligibility }) => [id, customerEligibility?.attachAction]))
    expect(actions).toEqual({ topup: 'purchase', free: 'none', free_plus: 'upgrade', seats_plan: 'activate' })
  })

  it('have one id each, and features that exist', async () => {
    expect(await api.send('/v1/plans.create', { plan_id: 'free', name: 'Free' })).toMatchObject({
      status: 400,
      body: { code: 'product_already_exists' },
    })
    const items = [{ feature_id: 'nope', included: 1 }]
    expect(await api.send('/v1/plans.create', { plan_id: 'bad', name: 'Bad', items })).toMatchObject({
      status: 404,
      body: { code: 'feature_not_found' },
    })
    expect(await api.send('/v1/plans.get', { plan_id: 'bad' })).toMatchObject({ status: 404, body: { code: 'product_not_found' } })
  })

  it('cannot enable themselves for money', async () => {
    const body = { plan_id: 'p', name: 'P', auto_enable: true, price: { amount: 5, interval: 'month' } }
    expect(await api.send('/v1/plans.create', body)).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
  })

  it('become a new version when their terms change: who holds the old one keeps it', async () => {
    await customerWith(api, 'c1', 'free')
    await api.autumn.plans.update({ planId: 'free', name: 'Free forever' })
    expect((await api.autumn.plans.get({ planId: 'free' })).version).toBe(1)
    await api.autumn.plans.update({ planId: 'free', items: [{ featureId: 'messages', included: 3 }] })
    expect(await api.autumn.plans.get({ planId: 'free' })).toMatchObject({ version: 2, name: 'Free forever', items: [{ included: 3 }] })
    await customerWith(api, 'c2', 'free')
    const granted = async (customerId: string) => (await api.autumn.check({ customerId, featureId: 'messages' })).balance?.granted
    expect([await granted('c1'), await granted('c2')]).toEqual([10, 3])
    expect(await api.send('/v1/plans.get', { plan_id: 'free', version: 1 })).toMatchObject({ status: 404 })
  })

  it('are deleted, and what they granted stays', async () => {
    await customerWith(api, 'c1', 'free')
    await api.autumn.plans.delete({ planId: 'free' })
    expect(await api.send('/v1/billing.attach', { customer_id: 'c1', plan_id: 'free' })).toMatchObject({ status: 404 })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).allowed).toBe(true)
  })

  it('keep the prices, roll-overs and trials that they were given', async () => {
    const created = await api.autumn.plans.create({
      planId: 'pro',
      name: 'Pro',
      price: { amount: 20, interval: 'month' },
      freeTrial: { durationLength: 14, durationType: 'day' },
      items: [
        {
          featureId: 'messages',
          included: 100,
          reset: { interval: 'week', intervalCount: 2 },
          price: { amount: 0.5, interval: 'week', intervalCount: 2, billingMethod: 'usage_based', billingUnits: 10, maxPurchase: 50 },
          rollover: { max: 500, expiryDurationType: 'month', expiryDurationLength: 2 },
        },
      ],
    })
    expect(created).toMatchObject({
      price: { amount: 20, interval: 'month' },
      freeTrial: { durationLength: 14, durationType: 'day', cardRequired: false },
      items: [
        {
          reset: { interval: 'week', intervalCount: 2 },
          price: { amount: 0.5, interval: 'week', intervalCount: 2, billingUnits: 10, billingMethod: 'usage_based', maxPurchase: 50 },
          rollover: { max: 500, expiryDurationType: 'month', expiryDurationLength: 2 },
        },
      ],
    })
  })
})
