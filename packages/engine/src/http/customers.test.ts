import { beforeEach, describe, expect, it } from 'vitest'
import { customerWith, declareCatalog, type TestApi, testApi } from './api.fixture.ts'

let api: TestApi

beforeEach(async () => {
  api = await testApi()
  await declareCatalog(api)
  return () => api.close()
})

describe('customers.get_or_create', () => {
  it('creates a customer, with the plans that enable themselves', async () => {
    await api.autumn.plans.create({
      planId: 'starter',
      name: 'Starter',
      group: 'start',
      autoEnable: true,
      items: [{ featureId: 'exports', included: 1 }],
    })
    const created = await api.autumn.customers.getOrCreate({
      customerId: 'c1',
      name: 'Ann',
      email: 'ann@example.com',
      metadata: { tier: 'x' },
    })
    expect(created).toMatchObject({
      id: 'c1',
      name: 'Ann',
      email: 'ann@example.com',
      metadata: { tier: 'x' },
      env: 'sandbox',
      licenses: [],
    })
    expect(created.subscriptions).toMatchObject([{ planId: 'starter', status: 'active', autoEnable: true, scope: 'customer' }])
    expect(created.balances['exports']).toMatchObject({ granted: 1 })
  })

  it('changes nothing of an existing customer but what was empty', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c1', name: 'Ann' })
    const again = await api.autumn.customers.getOrCreate({ customerId: 'c1', name: 'Bob', email: 'bob@example.com', metadata: { a: 1 } })
    expect(again).toMatchObject({ name: 'Ann', email: 'bob@example.com', metadata: {} })
    const { seq } = (await api.engine.customer('c1')) ?? {}
    await api.autumn.customers.getOrCreate({ customerId: 'c1', name: 'Bob' })
    expect((await api.engine.customer('c1'))?.seq).toBe(seq)
  })

  it('creates a customer once, however many ask at the same time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => api.autumn.customers.getOrCreate({ customerId: 'c1', autoEnablePlanId: 'free' })))
    expect((await api.autumn.customers.get({ customerId: 'c1' })).subscriptions).toHaveLength(1)
  })

  it.each([
    ['', "customer_id: can't be an empty string"],
    ['a b', 'customer_id: cannot contain spaces. Use only letters, numbers, underscores, hyphens, and colons.'],
    ['a@b', 'customer_id: cannot contain @ symbol. Use only letters, numbers, underscores, hyphens, and colons.'],
    ['a.b', 'customer_id: cannot contain periods. Use only letters, numbers, underscores, hyphens, and colons.'],
    ["'; DROP TABLE", 'customer_id: cannot contain spaces. Use only letters, numbers, underscores, hyphens, and colons.'],
    ['naïve', "customer_id: cannot contain 'ï'. Use only letters, numbers, underscores, hyphens, and colons."],
    [5, 'customer_id: must be a string (received number)'],
    [null, 'customer_id: must be a string (received null)'],
  ])('refuses the id %j', async (customer_id, message) => {
    expect(await api.send('/v1/customers.get_or_create', { customer_id })).toMatchObject({
      status: 400,
      body: { code: 'invalid_inputs', message },
    })
  })

  it('takes ids that are names of every object', async () => {
    for (const customerId of ['__proto__', 'constructor', 'toString']) {
      await customerWith(api, customerId, 'free')
      expect((await api.autumn.customers.get({ customerId })).id).toBe(customerId)
    }
    expect(({} as Record<string, unknown>)['id']).toBeUndefined()
  })

  it('attaches the plan that it is told to start with', async () => {
    const created = await api.autumn.customers.getOrCreate({ customerId: 'c1', autoEnablePlanId: 'free' })
    expect(created.subscriptions).toMatchObject([{ planId: 'free' }])
    expect(await api.send('/v1/customers.get_or_create', { customer_id: 'c2', auto_enable_plan_id: 'nope' })).toMatchObject({ status: 404 })
    expect(await api.send('/v1/customers.get', { customer_id: 'c2' })).toMatchObject({ status: 404 })
  })
})

describe('customers.get', () => {
  it('shows plans, balances and flags', async () => {
    await customerWith(api, 'c1', 'free')
    const customer = await api.autumn.customers.get({ customerId: 'c1' })
    expect(customer.subscriptions).toMatchObject([{ planId: 'free', status: 'active', currentPeriodStart: null, quantity: 1 }])
    expect(Object.keys(customer.balances).sort()).toEqual(['credits', 'messages', 'tokens'])
    expect(customer.flags).toMatchObject({ premium: { featureId: 'premium', planId: 'free' } })
  })

  it('shows in full what it is asked for', async () => {
    await customerWith(api, 'c1', 'free')
    const expand = ['subscriptions.plan', 'balances.feature', 'flags.feature', 'entities', 'trials_used', 'invoices', 'referrals'] as const
    const customer = await api.autumn.customers.get({ customerId: 'c1', expand: [...expand] })
    expect(customer.subscriptions[0]?.plan).toMatchObject({
      id: 'free',
      items: [{ featureId: 'credits' }, { featureId: 'messages' }, { featureId: 'premium' }, { featureId: 'tokens' }],
    })
    expect(customer.balances['credits']?.feature).toMatchObject({ type: 'credit_system' })
    expect(customer.flags['premium']?.feature).toMatchObject({ type: 'boolean' })
    expect(customer).toMatchObject({ entities: [], trialsUsed: [], invoices: [], referrals: [] })
  })

  it('does not find a customer that nobody created', async () => {
    expect(await api.send('/v1/customers.get', { customer_id: 'nobody' })).toMatchObject({
      status: 404,
      body: { code: 'customer_not_found', message: 'Customer nobody not found', env: 'sandbox' },
    })
  })
})

describe('customers.update and customers.delete', () => {
  it('changes what is given, and empties what is null', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c1', name: 'Ann', email: 'ann@example.com' })
    const updated = await api.autumn.customers.update({ customerId: 'c1', name: 'Anna', email: null, metadata: { a: 1 } })
    expect(updated).toMatchObject({ name: 'Anna', email: null, metadata: { a: 1 } })
  })

  it('keeps a customer under its id', async () => {
    await api.autumn.customers.getOrCreate({ customerId: 'c1' })
    expect(await api.send('/v1/customers.update', { customer_id: 'c1', new_customer_id: 'c2' })).toMatchObject({
      status: 400,
      body: { code: 'not_offered' },
    })
  })

  it('removes a customer, who may come again with nothing', async () => {
    await customerWith(api, 'c1', 'free')
    await api.autumn.track({ customerId: 'c1', featureId: 'messages', value: 3 })
    expect(await api.autumn.customers.delete({ customerId: 'c1' })).toEqual({ success: true })
    expect(await api.send('/v1/balances.check', { customer_id: 'c1', feature_id: 'messages' })).toMatchObject({ status: 404 })
    expect(await api.autumn.customers.getOrCreate({ customerId: 'c1' })).toMatchObject({ subscriptions: [], balances: {} })
  })
})

describe('customers.list', () => {
  it('gives page after page, the newest first, and every customer once', async () => {
    for (let index = 0; index < 7; index++) await customerWith(api, `c${index}`, ...(index % 2 === 0 ? ['free'] : []))
    const seen: (string | null)[] = []
    for (let startCursor: string | null = ''; startCursor !== null; ) {
      const page: Awaited<ReturnType<typeof api.autumn.customers.list>> = await api.autumn.customers.list({ startCursor, limit: 3 })
      seen.push(...page.list.map((customer) => customer.id))
      startCursor = page.nextCursor
    }
    expect(seen).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0'])
  })

  it('finds customers by their words, their plans and their age', async () => {
    await customerWith(api, 'c1', 'free')
    api.clock.now += 1_000
    await api.autumn.customers.getOrCreate({ customerId: 'c2', name: 'Ann Smith' })
    const ids = async (query: Parameters<typeof api.autumn.customers.list>[0]) =>
      (await api.autumn.customers.list(query)).list.map(({ id }) => id)
    expect(await ids({ search: 'smith' })).toEqual(['c2'])
    expect(await ids({ plans: [{ id: 'free' }] })).toEqual(['c1'])
    expect(await ids({ plans: [{ id: 'free', versions: [2] }] })).toEqual([])
    expect(await ids({ createdAtRange: { start: api.clock.now } })).toEqual(['c2'])
    expect(await ids({ sortOrder: 'asc' })).toEqual(['c1', 'c2'])
  })

  it('refuses a cursor that it did not give', async () => {
    for (const start_cursor of ['garbage', 'p_garbage', 'p_W10', '5']) {
      expect(await api.send('/v1/customers.list', { start_cursor })).toMatchObject({ status: 400, body: { code: 'invalid_inputs' } })
    }
  })

  it('is counted from the start for older clients', async () => {
    for (const id of ['c0', 'c1', 'c2']) await api.autumn.customers.getOrCreate({ customerId: id })
    const answer = await api.send('/v1/customers?limit=2&offset=1', undefined, { method: 'GET', version: '1.2' })
    expect(answer).toMatchObject({
      status: 200,
      body: { list: [{ id: 'c1', products: [] }, { id: 'c0' }], offset: 1, limit: 2, has_more: false },
    })
  })
})
