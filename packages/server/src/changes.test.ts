import type { CustomerAccess } from '@tollgate/features'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Backend } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { changesOf } from './changes.ts'
import { clientOf } from './client.fixture.ts'
import { openMetering, START } from './served.fixture.ts'
import { openUsageApp } from './usageApp.fixture.ts'

const DAY_MS = 86_400_000

describe('changes', () => {
  /** Subscribes, calls once the first access is there, and reads until an access is wanted no longer. */
  const follow = async (
    client: Awaited<ReturnType<typeof openUsageApp>>['client'],
    call: () => Promise<unknown>,
    until: (used: number) => boolean,
  ) => {
    const heard: { id: string; data: CustomerAccess }[] = []
    let called: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve, reject) => {
      const subscription = client.usage.changes.subscribe(undefined, {
        onError: reject,
        onData(change) {
          heard.push(change)
          if (heard.length === 1) called = call()
          const messages = change.data.features['messages']
          if (messages?.type !== 'metered' || !until(messages.used)) return
          subscription.unsubscribe()
          resolve()
        },
      })
    })
    await called
    return heard
  }

  it('tell the access now and when it has changed, over SSE, with ids that grow', async () => {
    const { client } = await openUsageApp()
    const heard = await follow(
      client,
      () => client.send.mutate(),
      (used) => used === 1,
    )
    expect(heard[0]?.data.features['messages']).toMatchObject({ remaining: 5, held: 0, used: 0 })
    expect(heard.at(-1)?.data.features['messages']).toMatchObject({ remaining: 4, held: 0, used: 1 })
    expect(heard.map(({ id }) => Number(id))).toEqual(heard.map(({ data }) => data.version))
    expect(heard.map(({ id }) => Number(id))).toEqual([...new Set(heard.map(({ id }) => Number(id)))].sort((a, b) => a - b))
  })

  it("tell nothing of another customer's", async () => {
    const { url, client, router } = await openUsageApp()
    const other = clientOf<typeof router>(url, { org: 'other' })
    const calls = async () => {
      await other.send.mutate()
      await client.send.mutate()
    }
    const heard = await follow(client, calls, (used) => used === 1)
    expect(new Set(heard.map(({ data }) => data.customerId))).toEqual(new Set(['acme']))
  })
})

describe('changesOf', () => {
  const caller = { customerId: 'acme', entityId: null }

  it('tells the newest to a reader that is slower than the changes', async () => {
    const { engine } = await openMetering()
    const changes = changesOf(embedded(engine), caller, 60_000, undefined)
    expect((await changes.next()).value).toMatchObject({ version: 1 })
    const backend = embedded(engine)
    for (let use = 1; use <= 3; use++) {
      const items = [{ featureId: 'messages', units: 1 }]
      await backend.record({ caller, items, operation: { id: `${use}`, fingerprint: '' }, overage: 'cap', procedure: 'p', answer: null })
    }
    expect((await changes.next()).value).toMatchObject({ version: 4, features: { messages: { used: 3 } } })
    await changes.return()
  })

  it('tells again once in a while, what other processes changed included, and stops listening when its reader leaves', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const { engine } = await openMetering()
    let listening = 0
    const backend: Backend = {
      ...embedded(engine),
      // Hears nothing: the change comes from another process.
      watch() {
        listening++
        return () => listening--
      },
    }
    const changes = changesOf(backend, caller, 25_000, undefined)
    await changes.next()
    expect(listening).toBe(1)
    await engine.execute('acme', { kind: 'move_clock', offsetMs: DAY_MS })
    const next = changes.next()
    await vi.advanceTimersByTimeAsync(25_000)
    expect((await next).value).toMatchObject({ version: 2, at: START + DAY_MS })
    await changes.return()
    expect(listening).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends when it is aborted', async () => {
    const { engine } = await openMetering()
    const abort = new AbortController()
    const changes = changesOf(embedded(engine), caller, 60_000, abort.signal)
    await changes.next()
    const next = changes.next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
