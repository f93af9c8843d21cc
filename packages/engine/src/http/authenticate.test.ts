import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, PUBLISHABLE, SECRET, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  await customerWith(api, 'c1', 'free')
  return () => api.close()
})

const check = { customer_id: 'c1', feature_id: 'messages' }

describe('a secret key', () => {
  it('opens every route', async () => {
    expect(await api.send('/v1/balances.check', check)).toMatchObject({ status: 200 })
  })

  it.each([
    [null, 'no_secret_key', 'Secret key not found in Authorization header'],
    ['', 'no_secret_key', 'Secret key not found in Authorization header'],
    ['sk_123', 'invalid_request', 'Invalid authorization token prefix'],
    ['am_sk_test_unknown', 'invalid_secret_key', 'Invalid secret key: am_sk_test_*******'],
    [SECRET.slice(0, -1), 'invalid_secret_key', undefined],
    [`${SECRET}x`, 'invalid_secret_key', undefined],
    ['am_pk_test_unknown', 'endpoint_not_public', undefined],
  ])('must be one of those that are known: %s', async (key, code, message) => {
    const answer = await api.send('/v1/balances.check', check, { key })
    expect(answer).toMatchObject({ status: 401, body: { code, env: 'sandbox', ...(message === undefined ? {} : { message }) } })
  })

  it('may be one of several', async () => {
    const several = await testApi({ secretKeys: ['am_sk_test_one', 'am_sk_test_two', 'any text'] })
    for (const key of ['am_sk_test_one', 'am_sk_test_two'])
      expect(await several.send('/v1/features.list', {}, { key })).toMatchObject({ status: 200 })
    expect(await several.send('/v1/features.list', {}, { key: SECRET })).toMatchObject({ status: 401 })
    await several.close()
  })

  it('is asked for before the body is read', async () => {
    expect(await api.send('/v1/balances.check', '{"customer_id":', { key: null })).toMatchObject({ status: 401 })
  })
})

describe('a publishable key', () => {
  const open = { key: PUBLISHABLE, version: '1.2' }

  it('reads what Autumn lets it read', async () => {
    expect(await api.send('/v1/check', check, open)).toMatchObject({ status: 200, body: { allowed: true } })
    expect(await api.send('/v1/entitled', check, open)).toMatchObject({ status: 200 })
    expect(await api.send('/v1/products', undefined, { ...open, method: 'GET' })).toMatchObject({ status: 200 })
    expect(await api.send('/v1/customers/c1', undefined, { ...open, method: 'GET' })).toMatchObject({ status: 200, body: { id: 'c1' } })
  })

  it('spends nothing through what it may read', async () => {
    for (const more of [{ send_event: true }, { lock: { lock_id: 'l', enabled: true } }])
      expect(await api.send('/v1/check', { ...check, ...more }, open)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect((await api.autumn.check({ customerId: 'c1', featureId: 'messages' })).balance?.usage).toBe(0)
  })

  it('creates nobody, and nothing', async () => {
    expect(await api.send('/v1/check', { ...check, customer_id: 'stranger' }, open)).toMatchObject({ status: 404 })
    expect(await api.engine.customer('stranger')).toBeNull()
    const entity = { entity_id: 'e1', entity_data: { feature_id: 'seats' } }
    expect(await api.send('/v1/check', { ...check, ...entity }, open)).toMatchObject({ status: 404, body: { code: 'entity_not_found' } })
  })

  it('opens nothing else', async () => {
    const closed = [
      'balances.check',
      'balances.track',
      'track',
      'attach',
      'customers',
      'billing.attach',
      'balances.finalize',
      'customers.list',
      'usage',
      'features.create',
    ]
    for (const name of closed)
      expect(await api.send(`/v1/${name}`, check, open)).toMatchObject({ status: 401, body: { code: 'endpoint_not_public' } })
    expect(await api.send('/v1/customers', undefined, { ...open, method: 'GET' })).toMatchObject({ status: 401 })
    expect(await api.send('/v1/customers/c1', undefined, { ...open, method: 'DELETE' })).toMatchObject({ status: 401 })
  })

  it('must be known where it is enough', async () => {
    expect(await api.send('/v1/check', check, { ...open, key: 'am_pk_test_unknown' })).toMatchObject({
      status: 401,
      body: { code: 'invalid_publishable_key' },
    })
  })
})

describe('a route', () => {
  it('that does not exist is not found, whoever asks', async () => {
    for (const key of [SECRET, null])
      expect(await api.send('/v1/nope.nope', {}, { key })).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(await api.send('/', undefined, { method: 'GET' })).toMatchObject({ status: 404 })
  })

  it.each([
    'billing.open_customer_portal',
    'billing.setup_payment',
    'billing.multi_attach',
    'billing.create_schedule',
    'checkout',
    'invoices.list',
    'referrals.create_code',
    'rewards.list',
    'licenses.attach',
    'balances.track_tokens',
    'keys.mint',
  ])('about what is not offered is not found: %s', async (name) => {
    expect(await api.send(`/v1/${name}`, {})).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: `There is no POST /v1/${name}` },
    })
  })

  it('says which method it takes', async () => {
    expect(await api.send('/v1/balances.check', undefined, { method: 'GET' })).toMatchObject({
      status: 405,
      body: { code: 'method_not_allowed' },
    })
  })

  it('tells without a key that the server is there', async () => {
    expect(await api.send('/health', undefined, { method: 'GET', key: null })).toMatchObject({ status: 200, body: { status: 'ok' } })
  })
})
