// @vitest-environment jsdom

import { dehydrate, hydrate, onlineManager, QueryClient, useMutation } from '@tanstack/react-query'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { mayRetry } from '@tollgate/client'
import { withOperationId } from '@tollgate/client/links'
import { retryLink } from '@trpc/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openPage, type PageOptions } from './page.tsx'
import { openStudio, type StudioRouter } from './studio.ts'

const OPERATION_HEADER = 'x-tollgate-operation'

/** A `fetch` that loses answers, after the server has done the work. */
function losing(answers: number) {
  let left = answers
  const fetchAndLose = async (...request: Parameters<typeof fetch>) => {
    const response = await fetch(...request)
    if (!String(request[0]).includes('messages.send') || left === 0) return response
    left -= 1
    throw new TypeError('the connection was lost')
  }
  return { fetch: fetchAndLose as NonNullable<PageOptions['fetch']> }
}

async function open(options: PageOptions = {}) {
  const studio = await openStudio()
  const ids = () => studio.requests.filter(({ path }) => path.includes('messages.send')).map(({ headers }) => headers.get(OPERATION_HEADER))
  return { ...studio, ids, ...openPage(studio, { live: false, ...options }) }
}

describe('an operation id', () => {
  it('is the same over the retries of retryLink, and charges once', async () => {
    const between = [retryLink<StudioRouter>({ retry: ({ attempts, error }) => mayRetry(attempts - 1, error) })]
    const { client, ids, left, runs } = await open({ between, ...losing(2) })
    expect(await client.messages.send.mutate({ text: 'hi' })).toBe('hi!')
    expect(ids()).toHaveLength(3)
    expect(new Set(ids()).size).toBe(1)
    expect(runs).toEqual(['send hi'])
    expect(await left('messages')).toBe(19)
  })

  it('is the same over the retries of React Query, and charges once', async () => {
    const { show, trpc, ids, left, runs } = await open(losing(2))
    function Studio() {
      const send = useMutation(trpc.messages.send.mutationOptions({ retry: mayRetry, retryDelay: 1 }))
      return (
        <button type="button" onClick={() => send.mutate({ text: 'hi' })}>
          {send.data ?? send.status}
        </button>
      )
    }
    show(<Studio />)
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('hi!')
    expect(ids()).toHaveLength(3)
    expect(new Set(ids()).size).toBe(1)
    expect(runs).toEqual(['send hi'])
    expect(await left('messages')).toBe(19)
  })

  it('is another one for each mutate(), also with the same variables at the same time', async () => {
    const { show, trpc, ids, left } = await open(losing(2))
    const variables = { text: 'hi' }
    function Studio() {
      const options = trpc.messages.send.mutationOptions({ retry: mayRetry, retryDelay: 1 })
      const [first, second] = [useMutation(options), useMutation(options)]
      const send = () => {
        first.mutate(variables)
        second.mutate(variables)
      }
      return (
        <button type="button" onClick={send}>
          {first.data} {second.data}
        </button>
      )
    }
    show(<Studio />)
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('hi! hi!')
    expect(new Set(ids().join().split(',')).size).toBe(2)
    expect(await left('messages')).toBe(18)
    fireEvent.click(screen.getByRole('button'))
    await waitFor(async () => expect(await left('messages')).toBe(16))
  })

  it('survives a reload while the mutation waits for the network, and charges once', async () => {
    onTestFinished(() => onlineManager.setOnline(true))
    const { fetch: loseOnce } = losing(1)
    const fetchGoingOffline: typeof loseOnce = (...request) => {
      return loseOnce(...request).catch((cause) => {
        onlineManager.setOnline(false)
        throw cause
      })
    }
    const studio = await open({ fetch: fetchGoingOffline })
    const before = studio.trpc.messages.send.mutationOptions({ retry: mayRetry, retryDelay: 1 })
    const mutation = studio.queryClient.getMutationCache().build(studio.queryClient, before)
    void mutation.execute({ text: 'hi' })
    await waitFor(() => expect(mutation.state.isPaused).toBe(true))
    expect(studio.runs).toEqual(['send hi'])

    // What a persister writes before the reload and reads after it.
    const saved: unknown = JSON.parse(JSON.stringify(dehydrate(studio.queryClient)))
    studio.queryClient.clear()
    const queryClient = new QueryClient()
    const page = openPage(studio, { queryClient, live: false })
    queryClient.setMutationDefaults(page.trpc.messages.send.mutationKey(), page.trpc.messages.send.mutationOptions())
    hydrate(queryClient, saved as never)
    onlineManager.setOnline(true)
    await queryClient.resumePausedMutations()

    const [resumed] = queryClient.getMutationCache().getAll()
    expect(resumed?.state.data).toBe('hi!')
    expect(studio.ids()).toHaveLength(2)
    expect(new Set(studio.ids()).size).toBe(1)
    expect(studio.runs).toEqual(['send hi'])
    expect(await studio.left('messages')).toBe(19)
  })

  it('can be given by the caller', async () => {
    const { client, ids, runs, left } = await open()
    const context = withOperationId('the-first-of-may')
    const answers = [
      await client.messages.send.mutate({ text: 'hi' }, { context }),
      await client.messages.send.mutate({ text: 'hi' }, { context }),
    ]
    expect(answers).toEqual(['hi!', 'hi!'])
    expect(ids()).toEqual(['the-first-of-may', 'the-first-of-may'])
    expect(runs).toEqual(['send hi'])
    expect(await left('messages')).toBe(19)
  })

  it('may be any text: in whichever batch it comes, a call keeps its own', async () => {
    const { client, runs, left } = await open()
    const send = (id: string) => client.messages.send.mutate({ text: id }, { context: withOperationId(id) })
    const odd = 'order 1, für Zoë ☂ 50%'
    expect(await Promise.all([send(odd), send('plain')])).toEqual([`${odd}!`, 'plain!'])
    expect(await Promise.all([send('plain'), send(odd)])).toEqual(['plain!', `${odd}!`])
    expect(runs).toHaveLength(2)
    expect(await left('messages')).toBe(18)
  })

  it('is told for each call of a batch in its place', async () => {
    const { client, requests } = await open()
    await Promise.all(['a', 'b'].map((id) => client.messages.send.mutate({ text: id }, { context: withOperationId(id) })))
    expect(requests.map(({ headers }) => headers.get(OPERATION_HEADER))).toEqual(['a,b'])
  })

  it('goes beside the headers of the application', async () => {
    const { client, requests, left } = await open({ headers: async () => new Headers({ 'x-org': 'globex' }) })
    await client.messages.send.mutate({ text: 'hi' })
    expect(requests.at(-1)?.headers.get(OPERATION_HEADER)).toMatch(/^[\da-f-]{36}$/)
    expect([await left('messages', 'globex'), await left('messages')]).toEqual([19, 20])
  })
})
