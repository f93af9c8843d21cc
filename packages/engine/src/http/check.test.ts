import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

describe('a check', () => {
  it('allows what is left and not a ten-thousandth more', async () => {
    const ask = (requiredBalance: number) => api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance })
    expect((await ask(10)).allowed).toBe(true)
    expect((await ask(10.0001)).allowed).toBe(false)
    expect((await ask(0.5)).allowed).toBe(true)
    expect((await ask(-1)).allowed).toBe(true)
  })

  it('asks for one unit when no number is given', async () => {
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).toMatchObject({
      allowed: true,
      requiredBalance: 1,
      balance: { featureId: 'messages', granted: 10, remaining: 10, usage: 0 },
      flag: null,
    })
  })

  it('allows a boolean feature whatever number is asked for, and answers with its flag', async () => {
    const answer = await api.autumn.check({ customerId: 'c1', featureId: 'premium', requiredBalance: 5 })
    expect(answer).toMatchObject({ allowed: true, balance: null, flag: { featureId: 'premium', planId: 'free', expiresAt: null } })
  })

  it('denies a feature that is in no plan of the customer, even for nothing', async () => {
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'sso', requiredBalance: 0 })).toMatchObject({
      allowed: false,
      balance: null,
      flag: null,
    })
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'exports', requiredBalance: 0 })).toMatchObject({
      allowed: false,
      balance: null,
      flag: null,
    })
  })

  it('allows any number of an unlimited feature', async () => {
    const answer = await api.autumn.check({ customerId: 'c1', featureId: 'tokens', requiredBalance: 1e9 })
    expect(answer).toMatchObject({ allowed: true, balance: { unlimited: true, granted: 0, remaining: 0, usage: 0 } })
  })

  it('allows nothing at zero', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 10 })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 0 })).allowed).toBe(true)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).allowed).toBe(false)
  })

  it('records nothing', async () => {
    const before = (await api.engine.customer('c1'))?.seq
    await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 3 })
    expect((await api.engine.customer('c1'))?.seq).toBe(before)
  })

  it('shows features in full when asked to', async () => {
    const answer = await api.send('/v1/balances.check?expand=balance.feature', { customer_id: 'c1', feature_id: 'messages' })
    expect(answer).toMatchObject({
      body: {
        balance: {
          feature: {
            id: 'messages',
            type: 'metered',
            consumable: true,
            event_names: ['message_sent'],
          },
        },
      },
    })
  })

  it('offers the plans that have a feature the customer was refused', async () => {
    const { preview } = await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 11, withPreview: true })
    expect(preview).toMatchObject({ scenario: 'usage_limit', title: 'Upgrade to Free plus' })
    expect(preview?.products.map((product) => product.id)).toEqual(['free_plus', 'topup'])
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'messages', withPreview: true })).not.toHaveProperty('preview.products')
  })
})

describe('a check through a credit system', () => {
  it('answers in credits', async () => {
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 3 })).toMatchObject({
      allowed: true,
      requiredBalance: 7.5,
      balance: { featureId: 'credits', remaining: 20 },
    })
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 9 })).toMatchObject({
      allowed: false,
      requiredBalance: 22.5,
    })
  })

  it('adds up what the feature itself and its pools have, as a deduction does', async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'big_task', includedGrant: 2 })
    // 2 units of its own and 20 credits, which are 8 more.
    const allowed = await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 10 })
    expect(allowed).toMatchObject({ allowed: true, balance: { featureId: 'credits' } })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 10.1 })).allowed).toBe(false)
    const spent = await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 10, sendEvent: true })
    expect(spent).toMatchObject({ allowed: true, balance: { featureId: 'big_task', remaining: 0 } })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'credits' })).balance?.remaining).toBe(0)
  })

  it("tells of the feature's own balance while that suffices", async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'big_task', includedGrant: 2 })
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 2 })).toMatchObject({
      requiredBalance: 2,
      balance: { featureId: 'big_task' },
    })
  })

  it('tells of the pool that suffices when the first one does not', async () => {
    await api.autumn.features.create({
      featureId: 'gold',
      name: 'Gold',
      type: 'credit_system',
      creditSchema: [{ meteredFeatureId: 'big_task', creditCost: 1 }],
    })
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'gold', includedGrant: 12 })
    const answer = await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 10 })
    expect(answer).toMatchObject({ allowed: true, requiredBalance: 10, balance: { featureId: 'gold' } })
  })
})

describe('a check that sends an event', () => {
  it('deducts what it allowed, and shows every balance that could have paid', async () => {
    const answer = await api.autumn.check({ customerId: 'c1', featureId: 'big_task', requiredBalance: 2, sendEvent: true })
    expect(answer).toMatchObject({ allowed: true, requiredBalance: 5, balance: { featureId: 'credits', remaining: 15, usage: 5 } })
    expect(answer.balances).toMatchObject({ big_task: null, credits: { remaining: 15 } })
  })

  it('deducts nothing when it denies', async () => {
    expect(await api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 11, sendEvent: true })).toMatchObject({
      allowed: false,
      balance: { remaining: 10, usage: 0 },
    })
  })

  it('allows nothing at all without an entitlement, but nothing is allowed to be nothing', async () => {
    const ask = (requiredBalance: number) => api.autumn.check({ customerId: 'c1', featureId: 'exports', requiredBalance, sendEvent: true })
    expect(await ask(1)).toMatchObject({ allowed: false, balance: null })
    expect(await ask(0)).toMatchObject({ allowed: true, balance: null })
  })

  it('is refused for a boolean feature', async () => {
    expect(await api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'premium', send_event: true })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    })
  })

  it('admits exactly what there is, however many ask at once', async () => {
    await api.autumn.balances.update({ customerId: 'c1', featureId: 'messages', remaining: 10 })
    const ask = () => api.autumn.check({ customerId: 'c1', featureId: 'messages', requiredBalance: 3, sendEvent: true })
    const answers = await Promise.all(Array.from({ length: 150 }, ask))
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(3)
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.remaining).toBe(1)
  })
})
