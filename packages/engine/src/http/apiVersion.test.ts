import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'
import { parseApiVersion } from './apiVersion.ts'

describe('a version header', () => {
  it.each([
    ['2.4.0', 204],
    ['2.4', 204],
    ['2', 200],
    ['2.0', 200],
    ['1.2', 102],
    ['1.1.0', 101],
    ['0.2', 2],
    ['beta', 104],
    ['2026-03-17', 201],
    ['2025-04-17.clover', 101],
    ['9.9.9', null],
    ['2.4.1', null],
    ['2.5', null],
    ['', null],
    ['latest', null],
    ['2026-01-01', null],
    ['-1', null],
  ])('%j is %s', (header, version) => {
    expect(parseApiVersion(header)).toBe(version)
  })
})

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const ask = (version: string, body: object, path = '/v1/check') => api.send(path, { customer_id: 'c1', ...body }, { version })
const customer = (version: string, id = 'c1') => api.send(`/v1/customers/${id}`, undefined, { method: 'GET', version })

describe('a request without a version', () => {
  it('is answered in the newest form', async () => {
    const response = await api.app.request('http://t/v1/balances.check', {
      method: 'POST',
      headers: { authorization: 'Bearer am_sk_test_secret' },
      body: JSON.stringify({ customer_id: 'c1', feature_id: 'messages' }),
    })
    expect(await response.json()).toMatchObject({ allowed: true, balance: { granted: 10, remaining: 10 }, flag: null })
  })

  it('with a version that there is not is refused', async () => {
    expect(await ask('9.9.9', { feature_id: 'messages' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_api_version', message: '"9.9.9" is not a valid API version' },
    })
  })
})

describe('API 2.0', () => {
  it('tells granted, purchased and current balances', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 13, overageBehavior: 'overflow' })
    const { body } = await ask('2.0', { feature_id: 'messages' })
    expect(body).toMatchObject({
      allowed: false,
      balance: {
        feature_id: 'messages',
        granted_balance: 10,
        purchased_balance: 3,
        current_balance: 0,
        usage: 13,
        plan_id: 'free',
        reset: { interval: 'month' },
        breakdown: [{ plan_id: 'free', granted_balance: 10, prepaid_quantity: 0 }],
      },
    })
    expect(body).not.toHaveProperty('flag')
  })

  it('shows a flag as a balance of nothing', async () => {
    expect((await ask('2.0', { feature_id: 'premium' })).body).toMatchObject({
      allowed: true,
      balance: { feature_id: 'premium', granted_balance: 0, current_balance: 0, reset: null },
    })
    expect((await customer('2.0')).body).toMatchObject({
      subscriptions: [{ plan_id: 'free', default: false }],
      scheduled_subscriptions: [],
      balances: { premium: { granted_balance: 0 }, messages: { granted_balance: 10, current_balance: 10 } },
    })
  })

  it('answers a use without its deductions', async () => {
    const { body } = await ask('2.0', { feature_id: 'big_task', value: 2 }, '/v1/track')
    expect(body).toMatchObject({
      value: 2,
      balance: { feature_id: 'credits', current_balance: 15 },
      balances: { big_task: null, credits: { current_balance: 15 } },
    })
    expect(body).not.toHaveProperty('deductions')
  })

  it('says that several balances reset at several times', async () => {
    await api.autumn.balances.create({ customerId: 'c1', featureId: 'messages', includedGrant: 5 })
    expect((await ask('2.0', { feature_id: 'messages' })).body).toMatchObject({
      balance: { reset: { interval: 'multiple', resets_at: null }, plan_id: null },
    })
  })
})

describe('API 1.2', () => {
  it('tells a balance flat, and below zero', async () => {
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 13, overageBehavior: 'overflow' })
    expect((await ask('1.2', { feature_id: 'messages' })).body).toMatchObject({
      allowed: false,
      code: 'feature_found',
      feature_id: 'messages',
      required_balance: 1,
      interval: 'month',
      interval_count: 1,
      unlimited: false,
      balance: -3,
      usage: 13,
      included_usage: 10,
      overage_allowed: false,
      breakdown: [{ interval: 'month', included_usage: 10, usage: 13 }],
    })
  })

  it('answers through a pool with what everything in it costs', async () => {
    expect((await ask('1.2', { feature_id: 'big_task', required_quantity: 3 })).body).toMatchObject({
      allowed: true,
      feature_id: 'credits',
      required_balance: 7.5,
      credit_schema: [
        { feature_id: 'small_task', credit_amount: 1 },
        { feature_id: 'big_task', credit_amount: 2.5 },
      ],
    })
  })

  it('says nothing of a balance that is not there', async () => {
    expect((await ask('1.2', { feature_id: 'exports' })).body).toEqual({
      allowed: false,
      code: 'feature_found',
      customer_id: 'c1',
      feature_id: 'exports',
      required_balance: 1,
    })
  })

  it('creates customers and entities that it hears of', async () => {
    const arrival = {
      customer_id: 'new',
      feature_id: 'messages',
      customer_data: { name: 'New' },
      entity_id: 'e1',
      entity_data: { feature_id: 'seats', name: 'Seat' },
    }
    expect(await ask('1.2', arrival)).toMatchObject({ status: 200, body: { allowed: false } })
    expect((await customer('1.2', 'new')).body).toMatchObject({ id: 'new', name: 'New', products: [], features: {} })
    expect((await api.engine.customer('new'))?.entities).toMatchObject([{ id: 'e1', name: 'Seat', featureId: 'seats' }])
    expect(await ask('1.2', { feature_id: 'messages', entity_id: 'e2' })).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await ask('2.1', { customer_id: 'other', feature_id: 'messages' })).toMatchObject({ status: 404 })
  })

  it('tells of a use which balance it was of', async () => {
    expect((await ask('1.2', { feature_id: 'big_task' }, '/v1/track')).body).toEqual({
      id: 'placeholder',
      code: 'event_received',
      customer_id: 'c1',
      feature_id: 'credits',
    })
    await ask('1.2', { feature_id: 'messages', properties: { value: 4 } }, '/v1/events')
    expect((await ask('1.2', { feature_id: 'messages' })).body).toMatchObject({ usage: 4 })
  })

  it('knows plans by the name of products', async () => {
    expect(await ask('1.2', { product_id: 'free' })).toMatchObject({
      status: 200,
      body: { code: 'product_found', allowed: true, status: 'active' },
    })
    expect((await ask('1.2', { product_id: 'free_plus' })).body).toMatchObject({ allowed: false })
    const products = await api.send('/v1/products', undefined, { method: 'GET', version: '1.2' })
    expect(products.body).toMatchObject({
      list: [{ id: 'topup', is_add_on: true }, { id: 'free' }, { id: 'free_plus' }, { id: 'seats_plan' }],
    })
    expect((await api.send('/v1/products/free', undefined, { method: 'GET', version: '1.2' })).body).toMatchObject({
      id: 'free',
      properties: { is_free: true },
    })
  })

  it('attaches and cancels by product', async () => {
    expect((await ask('1.2', { product_id: 'free_plus' }, '/v1/attach')).body).toEqual({
      success: true,
      customer_id: 'c1',
      product_ids: ['free_plus'],
      code: 'free_product_attached',
      message: 'Successfully inserted free product Free plus to c1',
    })
    expect(await ask('1.2', { product_id: 'free_plus' }, '/v1/attach')).toMatchObject({
      status: 400,
      body: { code: 'product_already_attached' },
    })
    expect((await ask('1.2', { product_id: 'free_plus', cancel_immediately: true }, '/v1/cancel')).body).toEqual({
      success: true,
      customer_id: 'c1',
      product_id: 'free_plus',
    })
    expect((await customer('1.2')).body).toMatchObject({ products: [], features: {} })
    await ask('1.2', { product_ids: ['free', 'topup'] }, '/v1/attach')
    expect((await customer('1.2')).body).toMatchObject({ products: [{ id: 'free' }, { id: 'topup' }] })
  })

  it('sets what was used', async () => {
    expect((await ask('1.2', { feature_id: 'messages', value: 4 }, '/v1/usage')).body).toEqual({ success: true })
    expect((await ask('1.2', { feature_id: 'messages' })).body).toMatchObject({ balance: 6, usage: 4 })
  })

  it('has routes by path for customers and entities', async () => {
    const get = (path: string) => api.send(`/v1/${path}`, undefined, { method: 'GET', version: '1.2' })
    const remove = (path: string) => api.send(`/v1/${path}`, undefined, { method: 'DELETE', version: '1.2' })
    expect(await ask('1.2', { id: 'l1', name: 'Leg' }, '/v1/customers')).toMatchObject({
      status: 200,
      body: { id: 'l1', products: [], features: {} },
    })
    expect(await ask('1.2', { name: 'Legs' }, '/v1/customers/l1')).toMatchObject({ status: 200, body: { name: 'Legs' } })
    expect(
      await api.send(
        '/v1/customers/l1/entities',
        [
          { id: 'e1', feature_id: 'seats' },
          { id: 'e2', feature_id: 'seats' },
        ],
        { version: '1.2' },
      ),
    ).toMatchObject({
      body: { success: true, list: [{ id: 'e1' }, { id: 'e2' }] },
    })
    expect(await get('customers/l1/entities/e1')).toMatchObject({ status: 200, body: { id: 'e1', products: [], features: {} } })
    expect(await remove('customers/l1/entities/e1')).toMatchObject({ status: 200 })
    expect(await get('customers/l1/entities/e1')).toMatchObject({ status: 404 })
    expect(await remove('customers/l1')).toMatchObject({ status: 200, body: { success: true } })
    expect(await get('customers/l1')).toMatchObject({ status: 404 })
    expect((await get('features')).body).toMatchObject({
      list: [
        { id: 'premium', type: 'boolean' },
        {},
        { id: 'messages', type: 'single_use' },
        {},
        {},
        { id: 'seats', type: 'continuous_use' },
        {},
        {},
        {},
      ],
    })
  })

  it('ends locks like newer versions', async () => {
    await ask('1.2', { feature_id: 'messages', required_balance: 4, lock: { lock_id: 'l', enabled: true } })
    expect(
      await api.send('/v1/balances.finalize', { lock_id: 'l', action: 'confirm', override_value: 1 }, { version: '1.2' }),
    ).toMatchObject({ status: 200 })
    expect((await ask('1.2', { feature_id: 'messages' })).body).toMatchObject({ balance: 9 })
  })
})

describe('API 1.1 and 0.2', () => {
  it('list features once an interval', async () => {
    const { body } = await customer('1.1')
    expect(body).toMatchObject({ id: 'c1', products: [{ id: 'free' }] })
    expect(body).toHaveProperty(
      'features',
      expect.arrayContaining([expect.objectContaining({ feature_id: 'messages', interval: 'month', balance: 10, usage_limit: 10 })]),
    )
  })

  it('split a customer into parts', async () => {
    await api.autumn.billing.attach({ customerId: 'c1', planId: 'topup' })
    expect((await customer('0.2')).body).toMatchObject({
      customer: { id: 'c1' },
      products: [{ id: 'free', status: 'active', prices: [] }],
      add_ons: [{ id: 'topup' }],
      invoices: [],
    })
    expect((await customer('0.2')).body).toHaveProperty(
      'entitlements',
      expect.arrayContaining([
        expect.objectContaining({ feature_id: 'credits', interval: 'month', balance: 20, used: 0, allowance: 20, unlimited: false }),
      ]),
    )
  })

  it('answer a check with a list of balances', async () => {
    expect((await ask('0.2', { feature_id: 'messages', required_balance: 3 })).body).toEqual({
      allowed: true,
      balances: [{ feature_id: 'messages', required: 3, balance: 10 }],
    })
    expect((await ask('0.2', { feature_id: 'premium' })).body).toEqual({
      allowed: true,
      balances: [{ feature_id: 'premium', balance: null }],
    })
    expect((await ask('0.2', { feature_id: 'tokens' })).body).toEqual({
      allowed: true,
      balances: [{ feature_id: 'tokens', balance: null, unlimited: true, usage_allowed: false, required: null }],
    })
    expect((await ask('0.2', { feature_id: 'exports' })).body).toEqual({ allowed: false, balances: [] })
  })
})
