// @vitest-environment jsdom

import { useIsMutating, useMutation } from '@tanstack/react-query'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { mayRetry } from '@tollgate/client'
import { describe, expect, it } from 'vitest'
import { denialOf, openPage, type PageOptions, useFeature, useGate } from './page.tsx'
import { openStudio } from './studio.ts'

const links: readonly (readonly [string, PageOptions])[] = [
  ['httpBatchLink', { stream: false }],
  ['httpBatchStreamLink', { stream: true }],
]

async function open(options: PageOptions) {
  const studio = await openStudio()
  const page = openPage(studio, { live: false, ...options })
  return {
    ...studio,
    ...page,
    /** What was asked of the server since it was last asked. A request that follows a call leaves at once: it comes before one that is made now. */
    async asked() {
      await page.client.plain.query()
      const paths = studio.requests.splice(0).flatMap(({ path }) => path.split(','))
      return paths.filter((path) => path !== 'plain')
    },
  }
}

describe.each(links)('over %s', (_link, options) => {
  it('shows the balance that a mutation leaves behind in the moment in which it resolves, without another request', async () => {
    const { show, trpc, asked } = await open(options)
    const seen = new Set<unknown>()
    function Studio() {
      const images = useFeature('image_gen')
      const generate = useMutation(trpc.images.generate.mutationOptions())
      if (generate.isSuccess) seen.add(images.balance)
      return (
        <button type="button" onClick={() => generate.mutate({ n: 3 })}>
          {String(images.balance)} left
        </button>
      )
    }
    show(<Studio />)
    await screen.findByText('10 left')
    await asked()
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('7 left')
    expect(await asked()).toEqual(['images.generate'])
    expect(seen).toEqual(new Set([7]))
  })

  it('shows the balances of calls that share a request', async () => {
    const { show, client, asked } = await open(options)
    const Left = () => {
      const [messages, images] = [useFeature('messages'), useFeature('image_gen')]
      return <p>{`${messages.balance} and ${images.balance}`}</p>
    }
    show(<Left />)
    await screen.findByText('20 and 10')
    await asked()
    await Promise.all([
      client.messages.send.mutate({ text: 'hi' }),
      client.images.one.mutate(),
      client.messages.send.mutate({ text: 'ho' }),
    ])
    await screen.findByText('18 and 9')
    expect(await asked()).toEqual(['messages.send', 'images.one', 'messages.send'])
  })

  it('tells a denial by its data, and does not try again', async () => {
    const { show, trpc, requests, left } = await open(options)
    function Studio() {
      const images = useFeature('image_gen', { units: 11 })
      const generate = useMutation(trpc.images.generate.mutationOptions({ retry: mayRetry }))
      const denial = denialOf(generate.error)
      return (
        <button type="button" onClick={() => generate.mutate({ n: 11 })}>
          {images.status === 'ready' && `${images.allowed} ${images.reason}`}{' '}
          {denial && `${denial.reason} ${denial.featureId} ${denial.poolId} ${denial.required} ${denial.remaining}`}
        </button>
      )
    }
    show(<Studio />)
    fireEvent.click(await screen.findByText('false limit_reached'))
    await screen.findByText('false limit_reached limit_reached image_gen credits 110 100')
    expect(requests.filter(({ path }) => path === 'images.generate')).toHaveLength(1)
    expect(await left('credits')).toBe(100)
  })

  it('counts a call in while it runs, and takes that back when it fails', async () => {
    const { show, trpc, brakes, left } = await open(options)
    function Studio() {
      const messages = useFeature('messages', { units: 20 })
      const send = useMutation(trpc.messages.send.mutationOptions())
      return (
        <button type="button" onClick={() => send.mutate({ text: 'fail' })}>
          {`${messages.balance} left, ${messages.allowed ? 'enough' : 'too few'}, ${send.status}`}
        </button>
      )
    }
    show(<Studio />)
    await screen.findByText('20 left, enough, idle')
    const release = brakes.pull()
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('19 left, too few, pending')
    release()
    await screen.findByText('20 left, enough, error')
    expect(await left('messages')).toBe(20)
  })

  it('counts every call that runs, and no call twice when its answer comes', async () => {
    const { show, trpc, brakes } = await open(options)
    const seen: unknown[] = []
    function Studio() {
      const { balance } = useFeature('messages')
      const running = useIsMutating()
      const send = useMutation(trpc.messages.send.mutationOptions())
      if (balance !== undefined && balance !== seen.at(-1)) seen.push(balance)
      return (
        <button type="button" onClick={() => send.mutate({ text: 'hi' })}>
          {`${balance} left, ${running} running`}
        </button>
      )
    }
    show(<Studio />)
    await screen.findByText('20 left, 0 running')
    const release = brakes.pull()
    for (let click = 0; click < 3; click += 1) fireEvent.click(screen.getByRole('button'))
    await screen.findByText('17 left, 3 running')
    release()
    await screen.findByText('17 left, 0 running')
    expect(seen).toEqual([20, 17])
  })

  it('counts a call in whose cost was quoted', async () => {
    const { show, trpc, brakes } = await open(options)
    function Studio() {
      const gate = useGate(trpc.images.generate, { n: 4 })
      const { balance } = useFeature('credits')
      const generate = useMutation(trpc.images.generate.mutationOptions())
      return (
        <button type="button" onClick={() => generate.mutate({ n: 4 })}>
          {`${balance} ${gate.status === 'ready' ? gate.required : ''}`}
        </button>
      )
    }
    show(<Studio />)
    await screen.findByText('100 40')
    const release = brakes.pull()
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('60 40')
    release()
  })

  it('reads the balance again when the answer got lost', async () => {
    let isLost = false
    const fetchAndLose: typeof fetch = async (...request) => {
      const response = await fetch(...request)
      if (isLost && String(request[0]).includes('messages.send')) throw new TypeError('the connection was lost')
      return response
    }
    const { show, client } = await open({ ...options, fetch: fetchAndLose as never })
    const Left = () => <p>{useFeature('messages').balance}</p>
    show(<Left />)
    await screen.findByText('20')
    isLost = true
    await expect(client.messages.send.mutate({ text: 'hi' })).rejects.toThrow('the connection was lost')
    await screen.findByText('19')
  })
})

describe('a stream', () => {
  it('brings its balance as it ends, and hands over its own chunks only', async () => {
    const { show, client, asked } = await open({ stream: true })
    const Left = () => <p>{useFeature('messages').balance}</p>
    show(<Left />)
    await screen.findByText('20')
    await asked()
    const counted: number[] = []
    for await (const count of await client.messages.count.mutate({ to: 3 })) counted.push(count)
    expect(counted).toEqual([1, 2, 3])
    await screen.findByText('17')
    expect(await asked()).toEqual(['messages.count'])
  })

  it('that is left early shows what was delivered, once the server has settled it', async () => {
    const { show, client, left } = await open({ stream: true, live: true })
    const Left = () => <p>{useFeature('messages').balance}</p>
    show(<Left />)
    await screen.findByText('20')
    for await (const count of await client.messages.count.mutate({ to: 1_000 })) if (count === 2) break
    await waitFor(async () => expect(screen.getByRole('paragraph').textContent).toBe(String(await left('messages'))))
    expect(Number(screen.getByRole('paragraph').textContent)).toBeLessThan(20)
  })
})
