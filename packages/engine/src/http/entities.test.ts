import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await api.autumn.customers.getOrCreate({ customerId: 'c1' })
  return () => api.close()
})

const seat = (entityId: string) => api.autumn.entities.create({ customerId: 'c1', entityId, featureId: 'seats', name: `Seat ${entityId}` })
const check = (featureId: string, entityId?: string) => api.autumn.check({ customerId: 'c1', featureId, ...(entityId ? { entityId } : {}) })
const track = (value: number, entityId?: string) =>
  api.autumn.track({ customerId: 'c1', featureId: 'exports', value, ...(entityId ? { entityId } : {}) })

describe('an entity', () => {
  it('takes a seat when it comes, and gives it back when it goes', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'seats_plan' })
    await seat('e1')
    await seat('e2')
    expect((await check('seats')).balance).toMatchObject({ granted: 3, remaining: 1, usage: 2 })
    await api.autumn.entities.delete({ customerId: 'c1', entityId: 'e1' })
    expect((await check('seats')).balance).toMatchObject({ remaining: 2, usage: 1 })
  })

  it('comes without any seat to take', async () => {
    expect(await seat('e1')).toMatchObject({ id: 'e1', name: 'Seat e1', customerId: 'c1', subscriptions: [], balances: {}, flags: {} })
  })

  it('comes together with its customer when the request describes one', async () => {
    await api.autumn.entities.create({ customerId: 'new', entityId: 'e1', featureId: 'seats', customerData: { name: 'New' } })
    expect(await api.autumn.customers.get({ customerId: 'new' })).toMatchObject({ name: 'New' })
    expect(await api.send('/v1/entities.create', { customer_id: 'other', entity_id: 'e1', feature_id: 'seats' })).toMatchObject({
      status: 404,
    })
  })

  it('comes once', async () => {
    await seat('e1')
    expect(await api.send('/v1/entities.create', { customer_id: 'c1', entity_id: 'e1', feature_id: 'seats' })).toMatchObject({
      status: 409,
    })
  })

  it('that does not exist is not found', async () => {
    expect(await api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'exports', entity_id: 'nope' })).toMatchObject({
      status: 404,
      body: { code: 'entity_not_found', message: 'Entity nope not found' },
    })
    expect(await api.send('/v1/entities.get', { customer_id: 'c1', entity_id: 'nope' })).toMatchObject({ status: 404 })
  })
})

describe("an entity's own plan", () => {
  beforeEach(async () => {
    await api.autumn.plans.create({
      planId: 'lite',
      name: 'Lite',
      group: 'lite',
      items: [{ featureId: 'exports', included: 4, reset: { interval: 'month' } }],
    })
    await seat('e1')
    await seat('e2')
    expect(await api.autumn.billing.attach({ customerId: 'c1', entityId: 'e1', planId: 'lite' })).toMatchObject({
      customerId: 'c1',
      entityId: 'e1',
    })
  })

  it('is for that entity alone', async () => {
    expect(await check('exports', 'e1')).toMatchObject({ allowed: true, entityId: 'e1', balance: { remaining: 4 } })
    expect(await check('exports', 'e2')).toMatchObject({ allowed: false, balance: null })
  })

  it("shows in the customer's totals, which the customer itself cannot spend", async () => {
    expect(await check('exports')).toMatchObject({ allowed: false, balance: { granted: 4, remaining: 4, breakdown: [] } })
    await track(3, 'e1')
    expect(await track(1)).toMatchObject({ balance: { remaining: 1, usage: 3 }, deductions: [] })
  })

  it('shows with the entity, as plans of the customer do', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'free' })
    const entity = await api.autumn.entities.get({ customerId: 'c1', entityId: 'e1' })
    expect(entity.subscriptions).toMatchObject([
      { planId: 'lite', scope: 'entity' },
      { planId: 'free', scope: 'customer' },
    ])
    expect(entity.balances).toMatchObject({ exports: { remaining: 4 }, messages: { remaining: 10 } })
    expect(entity.flags).toMatchObject({ premium: { featureId: 'premium' } })
  })
})

describe('an item granted per entity', () => {
  beforeEach(async () => {
    const item = { feature_id: 'exports', included: 100, reset: { interval: 'month' }, entity_feature_id: 'seats' }
    await api.send('/v1/plans.create', { plan_id: 'per_seat', name: 'Per seat', group: 'per_seat', items: [item] })
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'per_seat' })
    for (const id of ['e1', 'e2', 'e3']) await seat(id)
  })

  it('is granted to each, and pooled for the customer', async () => {
    expect((await check('exports')).balance).toMatchObject({ granted: 300, remaining: 300 })
    expect((await check('exports')).balance?.breakdown).toHaveLength(1)
    for (const id of ['e1', 'e2', 'e3']) await track(10, id)
    expect((await check('exports', 'e1')).balance?.remaining).toBe(90)
    expect((await track(10)).balance?.remaining).toBe(260)
  })

  it("takes from an entity's slice first, then from what is the customer's", async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'exports', includedGrant: 50 })
    const answer = await track(120, 'e1')
    expect(answer.deductions?.map(({ value }) => value)).toEqual([100, 20])
    expect((await check('exports', 'e2')).balance?.remaining).toBe(130)
  })
})

describe('entities.list', () => {
  it("gives a customer's entities, and those of all customers", async () => {
    await seat('e1')
    await seat('e2')
    await customerWith(api, 'c2')
    await api.autumn.entities.create({ customerId: 'c2', entityId: 'f1', featureId: 'seats' })
    const ids = async (query: Parameters<typeof api.autumn.entities.list>[0]) =>
      (await api.autumn.entities.list(query)).list.map(({ id }) => id)
    expect(await ids({ customerId: 'c1' })).toEqual(['e1', 'e2'])
    expect(await ids({})).toEqual(['f1', 'e1', 'e2'])
    const first = await api.autumn.entities.list({ limit: 2 })
    expect(first.list.map(({ id }) => id)).toEqual(['f1', 'e1'])
    expect(await ids({ startCursor: first.nextCursor ?? '' })).toEqual(['e2'])
  })

  it("changes an entity's limits", async () => {
    await seat('e1')
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'exports', includedGrant: 50 })
    const usageLimits = [{ featureId: 'exports', limit: 2, interval: 'day' as const }]
    expect(
      (await api.autumn.entities.update({ customerId: 'c1', entityId: 'e1', billingControls: { usageLimits } })).billingControls,
    ).toMatchObject({
      usageLimits: [{ featureId: 'exports', limit: 2 }],
    })
    expect((await track(5, 'e1')).deductions).toMatchObject([{ value: 2 }])
    expect((await track(5)).deductions).toMatchObject([{ value: 5 }])
  })
})
