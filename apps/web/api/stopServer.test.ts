import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openEngine } from '@tollgate/engine'
import { defineFeatures, definePlans, included, metered } from '@tollgate/features'
import { createMetering, embedded } from '@tollgate/server'
import { initTRPC } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { describe, expect, it } from 'vitest'
import { stopperOf } from './stopServer.ts'

const features = defineFeatures({ messages: metered(), images: metered() })
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(5).per('month'), images: included(5).per('month') } },
})

/** A server with a call that ends when the test says how, and how many of the units are left or set aside. */
async function started() {
  const engine = await openEngine({ features, plans, url: 'memory:' })
  const metering = createMetering({ features, backend: embedded(engine), identify: () => ({ customerId: 'ann' }), onOutage: 'deny' })
  const t = initTRPC.create()
  const { meteredProcedure } = metering.procedures(t.procedure)
  const work = Promise.withResolvers<string>()
  const server = createServer(
    createHTTPHandler({ router: t.router({ send: meteredProcedure('messages', { units: 2 }).mutation(() => work.promise) }) }),
  )
  const stop = stopperOf(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const standing = async () => {
    const customer = await engine.customer('ann')
    const grant = customer?.grants.find(({ featureId }) => featureId === 'messages')
    return { holds: customer?.holds.length ?? 0, used: grant?.used ?? 0n, held: grant?.held ?? 0n }
  }
  return {
    engine,
    work,
    stop,
    standing,
    call: () => fetch(`http://127.0.0.1:${port}/send`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
  }
}

describe('a server that is stopped', () => {
  it('lets the calls that it has begun be answered and paid, and takes no more', async () => {
    const { engine, work, stop, standing, call } = await started()
    const answer = call()
    await expect.poll(async () => (await standing()).holds).toBe(1)
    const stopped = stop()
    await expect(call()).rejects.toThrow()
    await expect(Promise.race([stopped.then(() => 'stopped'), standing()])).resolves.toMatchObject({ holds: 1 })
    work.resolve('sent')
    expect((await answer).status).toBe(200)
    await stopped
    expect(await standing()).toMatchObject({ holds: 0, held: 0n, used: 2n * 10_000_000_000n })
    await engine.close()
  })

  it('leaves no hold of a call that fails meanwhile', async () => {
    const { engine, work, stop, standing, call } = await started()
    const answer = call()
    await expect.poll(async () => (await standing()).holds).toBe(1)
    const stopped = stop()
    work.reject(new Error('interrupted'))
    expect((await answer).status).toBe(500)
    await stopped
    expect(await standing()).toEqual({ holds: 0, held: 0n, used: 0n })
    await engine.close()
  })
})
