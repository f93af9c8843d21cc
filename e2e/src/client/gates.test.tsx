// @vitest-environment jsdom

import { dehydrate, hydrate, onlineManager, QueryClient, skipToken } from '@tanstack/react-query'
import { screen } from '@testing-library/react'
import { Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, it } from 'vitest'
import { Gate, metering, openPage, useCustomer, useFeature, useGate, usePlans, useQuote, useUsage } from './page.tsx'
import { openStudio, START } from './studio.ts'

async function open() {
  const studio = await openStudio()
  return { ...studio, ...openPage(studio, { live: false }) }
}

describe('a gate', () => {
  afterEach(() => onlineManager.setOnline(true))

  /** Everything that a gate ever showed. */
  function watched() {
    const faces = new Set<string>()
    const Face = ({ name }: { readonly name: string }) => {
      faces.add(name)
      return <p>{name}</p>
    }
    return { faces, Face }
  }

  it('never shows its fallback to one who may, from the first render on', async () => {
    const studio = await open()
    await studio.attach('pro')
    const { faces, Face } = watched()
    studio.show(
      <Gate feature="sso" fallback={<Face name="upgrade" />} loading={<Face name="loading" />}>
        <Face name="sso" />
      </Gate>,
    )
    await screen.findByText('sso')
    expect([...faces]).toEqual(['loading', 'sso'])
  })

  it('shows its fallback to one who may not, and tells it why', async () => {
    const { show } = await open()
    show(
      <>
        <Gate feature="sso" fallback={({ reason }) => reason}>
          sso
        </Gate>
        <Gate feature="image_gen" units={11} fallback={({ pool, resetsAt }) => ` ${pool?.poolId} ${pool?.unitsLeft} ${resetsAt}`}>
          images
        </Gate>
      </>,
    )
    await screen.findByText(`feature_not_in_plan credits 10 ${Date.UTC(2026, 11, 23, 12)}`)
  })

  it('shows nothing while it is not known, offline', async () => {
    const { show } = await open()
    onlineManager.setOnline(false)
    const { faces, Face } = watched()
    const Status = () => <span>{useFeature('sso').status}</span>
    const { container } = show(
      <>
        <Gate feature="sso" fallback={<Face name="upgrade" />} failed={<Face name="failed" />}>
          <Face name="sso" />
        </Gate>
        <Status />
      </>,
    )
    expect(container.textContent).toBe('offline')
    onlineManager.setOnline(true)
    await screen.findByText('upgrade')
    expect([...faces]).toEqual(['upgrade'])
  })

  it('tells a failure from a refusal, and can be told to try again', async () => {
    const studio = await open()
    const start = await studio.stop()
    const { faces, Face } = watched()
    studio.show(
      <Gate
        feature="messages"
        fallback={<Face name="upgrade" />}
        failed={({ error, refresh }) => (
          <button type="button" onClick={() => void refresh()}>
            {error?.name}
          </button>
        )}
      >
        <Face name="messages" />
      </Gate>,
    )
    const button = await screen.findByText('TRPCClientError')
    await start()
    button.click()
    await screen.findByText('messages')
    expect([...faces]).toEqual(['messages'])
  })
})

describe('useFeature', () => {
  it('counts pools in: 100 credits are 10 images', async () => {
    const { show } = await open()
    let state: unknown
    function Images() {
      const images = useFeature('image_gen', { units: 4 })
      if (images.status === 'ready') state = images
      return images.status
    }
    show(<Images />)
    await screen.findByText('ready')
    expect(state).toMatchObject({
      status: 'ready',
      error: null,
      featureId: 'image_gen',
      type: 'metered',
      allowed: true,
      reason: null,
      units: 4,
      balance: 10,
      unitsLeft: 10,
      granted: 0,
      used: 0,
      held: 0,
      unlimited: false,
      poolId: 'credits',
      required: 40,
      remaining: 100,
      pool: { poolId: 'credits', cost: 10, balance: 100, unitsLeft: 10 },
    })
  })

  it('renders only when what it tells has changed', async () => {
    const { show, client } = await open()
    const renders = { messages: 0, sso: 0 }
    function Messages() {
      renders.messages += 1
      return <p>{useFeature('messages').balance}</p>
    }
    function Sso() {
      renders.sso += 1
      return useFeature('sso').status
    }
    show(
      <>
        <Messages />
        <Sso />
      </>,
    )
    await screen.findByText('20')
    const before = { ...renders }
    await client.messages.send.mutate({ text: 'hi' })
    await screen.findByText('19')
    expect(renders).toEqual({ messages: before.messages + 1, sso: before.sso })
  })

  it('keeps what it knows when reading again fails, and says so', async () => {
    const studio = await open()
    function Messages() {
      const { balance, status, error, refresh } = useFeature('messages')
      return <button type="button" onClick={() => void refresh()}>{`${status} ${balance} ${error?.name}`}</button>
    }
    studio.show(<Messages />)
    const button = await screen.findByText('ready 20 undefined')
    await studio.stop()
    button.click()
    await screen.findByText('ready 20 TRPCClientError')
  })

  it("tells an entity's own balance, and reads it again when the customer's changes", async () => {
    const studio = await open()
    await studio.addSeat('seat_1', 7)
    function Both() {
      const [own, all] = [useFeature('messages', { entity: 'seat_1' }), useFeature('messages')]
      return `${own.balance} of the seat, ${all.balance} of all`
    }
    studio.show(<Both />)
    await screen.findByText('27 of the seat, 20 of all')
    await studio.client.messages.send.mutate({ text: 'hi' })
    await screen.findByText('26 of the seat, 19 of all')
  })
})

describe('useGate', () => {
  it('knows a fixed cost from the manifest, and asks nothing about it', async () => {
    const { show, trpc, requests } = await open()
    function One() {
      const gate = useGate(trpc.images.one)
      return gate.status === 'ready'
        ? `${gate.allowed} ${gate.featureId} ${gate.poolId} ${gate.required} of ${gate.remaining}`
        : gate.status
    }
    show(<One />)
    await screen.findByText('true image_gen credits 10 of 100')
    expect(requests.flatMap(({ path }) => path.split(',')).sort()).toEqual(['usage.access', 'usage.manifest'])
  })

  it('asks for a quote where the cost depends on the input, and not while there is none', async () => {
    const { show, trpc, requests } = await open()
    function Images({ n }: { readonly n: number | undefined }) {
      const gate = useGate(trpc.images.generate, n === undefined ? skipToken : { n })
      return gate.status === 'ready' ? `${gate.allowed} ${gate.reason} ${gate.required}` : gate.status
    }
    const quotes = () => requests.filter(({ path }) => path.split(',').includes('usage.quote')).length
    show(
      <>
        <p>
          <Images n={undefined} />
        </p>
        <p>
          <Images n={4} />
        </p>
        <p>
          <Images n={11} />
        </p>
      </>,
    )
    await screen.findByText('true null 40')
    await screen.findByText('false limit_reached 110')
    expect(screen.getByText('loading')).toBeTruthy()
    expect(quotes()).toBe(1)
  })

  it('knows gates, calls of several features, and calls that cost nothing', async () => {
    const { show, trpc } = await open()
    function Three() {
      const [archive, both, plain] = [useGate(trpc.reports.archive), useGate(trpc.messages.both, {}), useGate(trpc.plain)]
      if (archive.status !== 'ready' || both.status !== 'ready' || plain.status !== 'ready') return null
      return `${archive.reason}, ${both.allowed} for ${both.costs.map(({ units }) => units).join(' and ')}, ${plain.allowed}`
    }
    show(<Three />)
    await screen.findByText('feature_not_in_plan, true for 1 and 10, true')
  })

  it('is right in the moment in which a call leaves too little', async () => {
    const { show, trpc, client } = await open()
    const Images = () => `${useGate(trpc.images.generate, { n: 6 }).allowed}`
    show(<Images />)
    await screen.findByText('true')
    await client.images.generate.mutate({ n: 5 })
    await screen.findByText('false')
  })
})

describe('useQuote', () => {
  it('tells what a call would cost, from which pool, and what it would leave, and holds nothing', async () => {
    const { show, trpc, left, runs } = await open()
    function Images({ n }: { readonly n: number }) {
      const { data } = useQuote(trpc.images.generate, { n })
      const [cost] = data?.costs ?? []
      return cost
        ? `${n}: ${data?.allowed} ${cost.required} ${cost.poolId} ${cost.balance} ${cost.balanceAfter} ${data?.denial?.reason}`
        : '…'
    }
    show(
      <>
        <p>
          <Images n={4} />
        </p>
        <p>
          <Images n={11} />
        </p>
      </>,
    )
    await screen.findByText('4: true 40 credits 100 60 undefined')
    await screen.findByText('11: false 110 credits 100 100 limit_reached')
    expect(await left('credits')).toBe(100)
    expect(runs).toEqual([])
  })
})

describe('the other readings', () => {
  it('tell the customer, the plans on offer, and usage in bins', async () => {
    const { show, caller } = await open()
    await caller().messages.send({ text: 'hi' })
    function Account() {
      const customer = useCustomer()
      const plans = usePlans()
      const usage = useUsage({ featureIds: ['messages'], from: START - 86_400_000, until: START + 86_400_000, bin: 'day' })
      const used = usage.data?.map(({ units }) => units['messages'] ?? 0).reduce((sum, units) => sum + units, 0)
      return `${customer.plans?.map(({ planId }) => planId).join()} of ${plans.data?.map(({ name }) => name).join()}, ${used} used`
    }
    show(<Account />)
    await screen.findByText('free of Free,Pro, 1 used')
  })
})

describe('rendering on the server', () => {
  it('shows what was prefetched with the own client of the application, and reads nothing again in the browser', async () => {
    const studio = await openStudio()
    const Page = () => `${useFeature('messages').balance} left`

    const server = openPage(studio, { live: false })
    await server.queryClient.prefetchQuery(server.trpc.usage.access.queryOptions())
    const html = renderToString(
      <server.Wrapper>
        <Page />
      </server.Wrapper>,
    )
    expect(html).toBe('20 left')

    const queryClient = new QueryClient()
    hydrate(queryClient, JSON.parse(JSON.stringify(dehydrate(server.queryClient))))
    studio.requests.length = 0
    const { show, client } = openPage(studio, { queryClient, live: false })
    show(<Page />)
    expect(screen.getByText('20 left')).toBeTruthy()
    await client.messages.send.mutate({ text: 'hi' })
    await screen.findByText('19 left')
    expect(studio.requests.flatMap(({ path }) => path.split(',')).sort()).toEqual(['messages.send', 'usage.manifest'])
  })

  it('says nothing of rights while nothing was prefetched', async () => {
    const studio = await openStudio()
    const { Wrapper } = openPage(studio, { live: false })
    const html = renderToString(
      <Wrapper>
        <Gate feature="sso" fallback="upgrade" loading="loading">
          sso
        </Gate>
      </Wrapper>,
    )
    expect(html).toBe('loading')
  })
})

describe('suspending', () => {
  it('shows the boundary until it is known, and then only what is known', async () => {
    const { show } = await open()
    const Messages = () => `${metering.useSuspenseFeature('messages').balance} left of ${metering.useSuspenseCustomer().customerId}`
    show(
      <Suspense fallback="wait">
        <Messages />
      </Suspense>,
    )
    expect(screen.getByText('wait')).toBeTruthy()
    await screen.findByText('20 left of acme')
  })
})
