// @vitest-environment jsdom

import { focusManager, onlineManager, useMutation } from '@tanstack/react-query'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Gate, openPage, useCustomer, useFeature } from './page.tsx'
import { NEXT_MONTH, openStudio, type Studio } from './studio.ts'

const Left = () => <p>{useFeature('messages').balance}</p>

async function open() {
  const studio = await openStudio()
  return { ...studio, ...openPage(studio) }
}

/** Connections that were opened to hear of changes. */
function feeds({ requests }: Pick<Studio, 'requests'>): number {
  return requests.filter(({ path }) => path === 'usage.changes').length
}

/** How often the access was asked for. */
function readings({ requests }: Pick<Studio, 'requests'>): number {
  return requests.filter(({ path }) => path.split(',').includes('usage.access')).length
}

async function listening(studio: Studio, connections = 1) {
  await waitFor(() => expect(feeds(studio)).toBe(connections))
}

describe('changes from elsewhere', () => {
  it('are shown by themselves: use on another device, a plan that was switched', async () => {
    const studio = await open()
    studio.show(
      <>
        <Left />
        <Gate feature="sso" fallback="no sso">
          sso
        </Gate>
      </>,
    )
    await screen.findByText('20')
    await screen.findByText('no sso')
    await listening(studio)
    await studio.caller().messages.send({ text: 'hi' })
    await screen.findByText('19')
    await studio.attach('pro')
    await screen.findByText('unlimited')
    await screen.findByText('sso')
    expect(readings(studio)).toBe(1)
  })

  it('reach two pages over a connection each, however many components show them', async () => {
    const studio = await openStudio()
    const pages = [openPage(studio), openPage(studio)]
    for (const { show } of pages) {
      show(
        <>
          <Left />
          <Left />
        </>,
      )
    }
    await waitFor(() => expect(screen.getAllByText('20')).toHaveLength(4))
    await listening(studio, 2)
    await pages[0]?.client.messages.send.mutate({ text: 'hi' })
    await waitFor(() => expect(screen.getAllByText('19')).toHaveLength(4))
  })

  it('are what is newest when the page comes back, seen or online', async () => {
    const studio = await open()
    onTestFinished(() => {
      focusManager.setFocused(undefined)
      onlineManager.setOnline(true)
    })
    studio.show(<Left />)
    await screen.findByText('20')
    await listening(studio)
    const ways = [(back: boolean) => onlineManager.setOnline(back), (back: boolean) => focusManager.setFocused(back)]
    for (const [index, come] of ways.entries()) {
      act(() => come(false))
      await studio.caller().messages.send({ text: 'meanwhile' })
      act(() => come(true))
      await screen.findByText(String(19 - index))
      await listening(studio, 2 + index)
    }
  })

  it('are heard again after the server was away', async () => {
    const studio = await open()
    studio.show(<Left />)
    await screen.findByText('20')
    await listening(studio)
    const start = await studio.stop()
    await studio.caller().messages.send({ text: 'meanwhile' })
    await start()
    await screen.findByText('19', {}, { timeout: 10_000 })
    await studio.caller().messages.send({ text: 'hi' })
    await screen.findByText('18')
  })

  it('that are older than what is shown are not shown', async () => {
    const studio = await open()
    const seen: unknown[] = []
    function Watched() {
      const { balance } = useFeature('messages')
      if (balance !== undefined && balance !== seen.at(-1)) seen.push(balance)
      return <p>{balance}</p>
    }
    studio.show(<Watched />)
    await screen.findByText('20')
    await listening(studio)
    for (let left = 19; left > 10; left -= 1) await studio.client.messages.send.mutate({ text: 'hi' })
    await screen.findByText('11')
    expect(seen).toEqual([...seen].sort((a, b) => Number(b) - Number(a)))
  })

  it('do not count a call of this page twice, while it runs and the server tells that it holds its units', async () => {
    const studio = await open()
    const seen: unknown[] = []
    function Both() {
      const [messages, credits] = [useFeature('messages'), useFeature('credits')]
      const send = useMutation(studio.trpc.messages.send.mutationOptions())
      if (messages.balance !== undefined && messages.balance !== seen.at(-1)) seen.push(messages.balance)
      return (
        <button type="button" onClick={() => send.mutate({ text: 'hi' })}>
          {`${messages.balance} and ${credits.balance}, ${send.status}`}
        </button>
      )
    }
    studio.show(<Both />)
    await screen.findByText('20 and 100, idle')
    await listening(studio)
    const release = studio.brakes.pull()
    fireEvent.click(screen.getByRole('button'))
    await screen.findByText('19 and 100, pending')
    // What another device does is told after the hold of the call that runs here.
    await waitFor(() => expect(studio.runs).toHaveLength(1))
    await studio.caller().images.one()
    await screen.findByText('19 and 90, pending')
    release()
    await screen.findByText('19 and 90, success')
    expect(seen).toEqual([20, 19])
  })

  it("are the new customer's when another one signs in", async () => {
    const studio = await open()
    function Who() {
      const { customerId, refresh } = useCustomer()
      return (
        <button type="button" onClick={() => void refresh()}>
          {customerId}
        </button>
      )
    }
    studio.show(
      <>
        <Who />
        <Left />
      </>,
    )
    await screen.findByText('acme')
    await listening(studio)
    studio.session.orgId = 'globex'
    await studio.client.messages.send.mutate({ text: 'hi' })
    await screen.findByText('globex')
    await screen.findByText('19')
    await listening(studio, 2)
    await studio.caller('acme').messages.send({ text: 'hi' })
    await studio.caller('globex').messages.send({ text: 'hi' })
    await screen.findByText('18')
    expect(screen.getByRole('button').textContent).toBe('globex')
  })

  it('are listened to only while something shows them', async () => {
    const studio = await open()
    const { unmount } = studio.show(<p>nothing</p>)
    await studio.client.plain.query()
    expect(feeds(studio)).toBe(0)
    unmount()
    const page = studio.show(<Left />)
    await screen.findByText('20')
    await listening(studio)
    expect(studio.listeners()).toBe(1)
    page.unmount()
    await waitFor(() => expect(studio.listeners()).toBe(0), { timeout: 3_000 })
  })
})

describe('a reset', () => {
  it('is shown when it comes, without a connection and without a click', async () => {
    const studio = await openStudio()
    await studio.caller().messages.send({ text: 'hi' })
    studio.clock.now = NEXT_MONTH - 500
    openPage(studio, { live: false }).show(<Left />)
    await screen.findByText('19')
    studio.clock.now = NEXT_MONTH
    await screen.findByText('20', {}, { timeout: 5_000 })
    expect(readings(studio)).toBe(2)
  })
})
