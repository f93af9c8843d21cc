import { getUntypedClient } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { clientOf, failureOf } from './client.fixture.ts'
import { balance, openMetering, START } from './served.fixture.ts'
import { openUsageApp } from './usageApp.fixture.ts'

const DAY_MS = 86_400_000

describe('the history', () => {
  it('sums units by feature and bin; refunds count back', async () => {
    const { clock, metering, client } = await openUsageApp()
    await client.send.mutate()
    await client.images.generate.mutate({ n: 2 })
    clock.now += DAY_MS
    await client.send.mutate()
    await client.send.mutate()
    const { items } = await client.usage.receipts.query({ limit: 1 })
    const [last] = items
    if (last) await metering.refund(last)

    const query = { featureIds: ['messages', 'image_gen'], from: START - DAY_MS, until: START + 2 * DAY_MS }
    const day = Date.UTC(2026, 10, 23)
    expect(await client.usage.history.query({ ...query, bin: 'day' })).toEqual([
      { at: day, units: { messages: 1, image_gen: 2 } },
      { at: day + DAY_MS, units: { messages: 1 } },
    ])
    expect(await client.usage.history.query({ ...query, bin: 'hour' })).toMatchObject([{ at: START }, { at: START + DAY_MS }])
    expect(await client.usage.history.query({ ...query, bin: 'month' })).toEqual([
      { at: Date.UTC(2026, 10, 1), units: { messages: 2, image_gen: 2 } },
    ])
    expect(await client.usage.history.query({ ...query, until: START + 1, featureIds: ['messages'], bin: 'day' })).toEqual([
      { at: day, units: { messages: 1 } },
    ])
  })

  it('wants a span of time that is one', async () => {
    const { client } = await openUsageApp()
    const failure = await failureOf(client.usage.history.query({ featureIds: ['messages'], from: 2, until: 1, bin: 'day' }))
    expect(failure.message).toContain('until must be later than from')
  })
})

describe('receipts', () => {
  it('tell what calls have cost, newest first, page by page', async () => {
    const { clock, client } = await openUsageApp()
    await client.send.mutate()
    clock.now += 1_000
    await client.images.generate.mutate({ n: 2 })
    clock.now += 1_000
    await failureOf(client.images.generate.mutate({ n: 1_000 }))
    await client.send.mutate()

    const first = await client.usage.receipts.query({ limit: 2 })
    expect(first.items).toMatchObject([
      { procedure: 'send', kind: 'use', at: START + 2_000, items: [{ featureId: 'messages', units: 1 }] },
      {
        procedure: 'images.generate',
        customerId: 'acme',
        items: [{ featureId: 'image_gen', units: 2, payments: [{ poolId: 'credits', planId: 'free', amount: 20 }] }],
      },
    ])
    const rest = await client.usage.receipts.query({ limit: 2, cursor: first.nextCursor })
    expect(rest.items).toMatchObject([{ procedure: 'send', at: START }])
    expect(rest.nextCursor).toBeNull()
  })

  it('are read by infinite queries, which say a direction besides', async () => {
    const { url, client } = await openUsageApp()
    await client.send.mutate()
    const page = await getUntypedClient(clientOf(url)).query('usage.receipts', { limit: 5, direction: 'forward' })
    expect(page).toMatchObject({ items: [{ procedure: 'send' }] })
  })

  it('are found by feature, and by a part of the procedure or the operation', async () => {
    const { client } = await openUsageApp()
    await client.send.mutate()
    await client.images.generate.mutate({ n: 1 })
    await client.images.both.mutate({ n: 1 })
    const procedures = async (input: { featureId?: string; search?: string }) =>
      (await client.usage.receipts.query(input)).items.map((receipt) => receipt.procedure)
    expect(await procedures({ featureId: 'messages' })).toEqual(['images.both', 'send'])
    expect(await procedures({ search: 'IMAGES.' })).toEqual(['images.both', 'images.generate'])
    const { items } = await client.usage.receipts.query({ search: 'send' })
    expect(await procedures({ search: items[0]?.operationId ?? 'none' })).toEqual(['send'])
  })

  it('name the plan that paid, also when it has ended since', async () => {
    const { engine, metering, client } = await openUsageApp()
    await engine.execute('acme', { kind: 'attach', planId: 'pro', entityId: null, quantities: [], trial: 'none' }, { create: true })
    await client.images.generate.mutate({ n: 2 })
    await engine.execute('acme', { kind: 'attach', planId: 'free', entityId: null, quantities: [], trial: 'none' })
    expect((await engine.customer('acme'))?.grants.map((grant) => grant.planId)).not.toContain('pro')
    const [receipt] = (await client.usage.receipts.query()).items
    expect(receipt?.items).toMatchObject([{ payments: [{ poolId: 'credits', planId: 'pro', amount: 20 }] }])
    expect((await metering.receipt(receipt ?? { customerId: '', operationId: '' }))?.items).toEqual(receipt?.items)
  })

  it("show nothing of another customer's", async () => {
    const { url, client, router } = await openUsageApp()
    await client.send.mutate()
    const other = clientOf<typeof router>(url, { org: 'other' })
    expect((await other.usage.receipts.query()).items).toEqual([])
  })
})

describe('a refund', () => {
  it('gives the units back to the grants that paid, once', async () => {
    const { engine, metering, client } = await openUsageApp()
    await client.images.generate.mutate({ n: 3 })
    const [receipt] = (await client.usage.receipts.query()).items
    if (receipt === undefined) throw new Error('the call left no receipt')
    const grant = receipt.items[0]?.payments[0]?.grantId

    const refund = await metering.refund(receipt)
    expect(refund).toMatchObject({
      kind: 'refunded',
      receipt: { items: [{ featureId: 'image_gen', units: -3, payments: [{ grantId: grant, amount: -30 }] }] },
    })
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 100, used: 0 })
    expect(await metering.refund(receipt)).toMatchObject({ kind: 'already_refunded' })
    expect(await Promise.all([metering.refund(receipt), metering.refund(receipt)])).toMatchObject([
      { kind: 'already_refunded' },
      { kind: 'already_refunded' },
    ])
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 100, used: 0 })
  })

  it('is given once, however many ask at the same time', async () => {
    const { engine, metering, client } = await openUsageApp()
    await client.images.generate.mutate({ n: 3 })
    const [receipt] = (await client.usage.receipts.query()).items
    if (receipt === undefined) throw new Error('the call left no receipt')
    const refunds = await Promise.all(Array.from({ length: 5 }, () => metering.refund(receipt)))
    expect(refunds.map(({ kind }) => kind).sort()).toEqual([...Array(4).fill('already_refunded'), 'refunded'])
    expect(await balance(engine, 'credits')).toMatchObject({ remaining: 100, used: 0 })
  })

  it("finds nothing under another customer's id for an operation that a client named, whatever that customer has of its own", async () => {
    const { url, metering, router, client } = await openUsageApp()
    await client.send.mutate(undefined, { context: { operationId: 'one' } })
    await clientOf<typeof router>(url, { org: 'other' }).send.mutate(undefined, { context: { operationId: 'two' } })
    const [receipt] = (await client.usage.receipts.query()).items
    const operationId = receipt?.operationId ?? ''
    expect(await metering.receipt({ customerId: 'acme', operationId })).toMatchObject({ items: [{ units: 1 }] })
    expect(await metering.receipt({ customerId: 'other', operationId })).toBeNull()
    expect(await metering.refund({ customerId: 'other', operationId })).toEqual({ kind: 'not_found' })
  })

  it("finds nothing under another customer's id, or for a call that failed", async () => {
    const { metering, client } = await openUsageApp()
    await client.send.mutate()
    const [receipt] = (await client.usage.receipts.query()).items
    if (receipt === undefined) throw new Error('the call left no receipt')
    expect(await metering.refund({ customerId: 'other', operationId: receipt.operationId })).toEqual({ kind: 'not_found' })
    expect(await metering.refund({ customerId: 'acme', operationId: 'nope' })).toEqual({ kind: 'not_found' })
    expect(await metering.receipt({ customerId: 'acme', operationId: receipt.operationId })).toMatchObject({ items: receipt.items })
  })

  it('is possible from inside: ctx.usage tells the operation at once, and the receipt when it is there', async () => {
    const { metering, t, meteredProcedure } = await openMetering()
    const receipts: Promise<unknown>[] = []
    const router = t.router({
      work: meteredProcedure('messages', { units: 2 }).mutation(({ ctx }) => {
        receipts.push(ctx.usage.receipt)
        return ctx.usage.operationId
      }),
      fail: meteredProcedure('messages', { units: 2 }).mutation(({ ctx }) => {
        receipts.push(ctx.usage.receipt)
        throw new Error('broken')
      }),
    })
    const caller = router.createCaller({ user: { orgId: 'acme' } })
    const operationId = await caller.work()
    await failureOf(caller.fail())
    const [receipt, none] = await Promise.all(receipts)
    expect(receipt).toMatchObject({ operationId, customerId: 'acme', at: START, items: [{ featureId: 'messages', units: 2 }] })
    expect(none).toBeNull()
    expect(await metering.refund({ customerId: 'acme', operationId })).toMatchObject({ kind: 'refunded' })
  })
})
