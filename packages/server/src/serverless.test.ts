import { describe, expect, it, vi } from 'vitest'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { callerOver, chunksOf, streamingWays, ways } from './client.fixture.ts'
import { balance, openMetering } from './served.fixture.ts'

describe('a serverless function', () => {
  /** An application whose backend records nothing until it may. */
  const openSlowly = async (options: Parameters<typeof openMetering>[0], mayRecord: Promise<void>) => {
    const { engine } = await openMetering()
    const backend: Backend = {
      ...embedded(engine),
      async commit(hold, request) {
        await mayRecord
        return embedded(engine).commit(hold, request)
      },
    }
    const opened = await openMetering({ ...options, backend })
    const { t, meteredProcedure } = opened
    const router = t.router({
      send: meteredProcedure('messages', { units: 1 }).mutation(() => 'sent'),
      write: meteredProcedure('messages', { units: 2 }).mutation(async function* ({ ctx }) {
        ctx.usage.add(1)
        yield 'word'
      }),
    })
    return { ...opened, engine, router }
  }

  it('answers once the cost is recorded', async () => {
    const { engine, router } = await openSlowly({}, Promise.resolve())
    await router.createCaller({ user: { orgId: 'acme' } }).send()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it.each(ways)("hands the rest to the platform's waitUntil when it is told to, over %s", async (way) => {
    const waitUntil = vi.fn<(settled: Promise<unknown>) => void>()
    const recording = Promise.withResolvers<void>()
    const { engine, router } = await openSlowly({ settle: { waitUntil } }, recording.promise)
    expect(await (await callerOver(way, router)).send()).toBe('sent')
    // The answer has left before its cost was recorded.
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 1 })
    expect(waitUntil).toHaveBeenCalledOnce()
    recording.resolve()
    await waitUntil.mock.calls[0]?.[0]
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it.each(streamingWays)('hands over what a stream cost, too, over %s', async (way) => {
    const waitUntil = vi.fn<(settled: Promise<unknown>) => void>()
    const recording = Promise.withResolvers<void>()
    const { engine, router } = await openSlowly({ settle: { waitUntil } }, recording.promise)
    expect(await chunksOf((await callerOver(way, router)).write())).toEqual(['word'])
    expect(waitUntil).toHaveBeenCalledOnce()
    recording.resolve()
    await waitUntil.mock.calls[0]?.[0]
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })

  it('takes what is left when it learns too late that a call cost more: the answer has left', async () => {
    const { engine, metering, t, meteredProcedure } = await openMetering({ settle: 'background' })
    const router = t.router({ work: meteredProcedure('messages', { units: 1, used: () => 9 }).mutation(() => 'done') })
    expect(await router.createCaller({ user: { orgId: 'acme' } }).work()).toBe('done')
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 5, remaining: 0, held: 0 })
  })

  it.each(ways)('is drained before it ends, over %s', async (way) => {
    const recording = Promise.withResolvers<void>()
    const { engine, metering, router } = await openSlowly({ settle: 'background' }, recording.promise)
    expect(await (await callerOver(way, router)).send()).toBe('sent')
    expect(await balance(engine, 'messages')).toMatchObject({ used: 0, held: 1 })
    recording.resolve()
    await metering.drain()
    expect(await balance(engine, 'messages')).toMatchObject({ used: 1, held: 0 })
  })
})
