import { dehydrate, hydrate as hydrateCache, QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { StrictMode, Suspense, version } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server.browser'
import { features } from './access.fixture.ts'
import { createMeteringClient } from './createMeteringClient.tsx'
import { meteringLinks } from './meteringLinks.ts'
import type { ServedRouter } from './served.fixture.ts'

const { Provider, useFeature, useSuspenseFeature, useGate, Gate } = createMeteringClient<ServedRouter, typeof features>({ features })

/** A metered page in the document. */
export interface MountedPage {
  /** Of the React that this was bundled with. */
  readonly version: string
  /** What did not go as on the server. */
  readonly mismatches: readonly string[]
  unmount(): void
}

/** A metered page as a server sends it: its text, and what it knew. */
export interface PrerenderedPage {
  readonly html: string
  readonly state: string
}

/** Renders a metered page with whichever React this was bundled with. */
export function mount(container: Element, url: string): MountedPage {
  const { page, queryClient } = createPage(url)
  const root = createRoot(container)
  root.render(page)
  return mountedPage(root, queryClient, [])
}

/** Prefetches what the page needs with the application's own client and renders it, as a server does. */
export async function prerender(url: string): Promise<PrerenderedPage> {
  const { page, queryClient, trpc } = createPage(url)
  await Promise.all([
    queryClient.prefetchQuery(trpc.usage.access.queryOptions()),
    queryClient.prefetchQuery(trpc.usage.manifest.queryOptions()),
  ])
  const sent = { html: renderToString(page), state: JSON.stringify(dehydrate(queryClient)) }
  queryClient.clear()
  return sent
}

/** Takes over a page that a server rendered, as a browser does. */
export function hydrate(container: Element, url: string, state: string): MountedPage {
  const { page, queryClient } = createPage(url)
  hydrateCache(queryClient, JSON.parse(state))
  const mismatches: string[] = []
  const root = hydrateRoot(container, page, { onRecoverableError: (error) => mismatches.push(String(error)) })
  return mountedPage(root, queryClient, mismatches)
}

function mountedPage(root: Root, queryClient: QueryClient, mismatches: readonly string[]): MountedPage {
  return {
    version,
    mismatches,
    unmount() {
      root.unmount()
      queryClient.clear()
    },
  }
}

function createPage(url: string) {
  const queryClient = new QueryClient()
  const client = createTRPCClient<ServedRouter>({ links: meteringLinks({ url, queryClient, live: false }) })
  const trpc = createTRPCOptionsProxy<ServedRouter>({ client, queryClient })

  function Send() {
    const { balance = '?' } = useFeature('messages')
    const gate = useGate(trpc.send)
    const send = useMutation(trpc.send.mutationOptions())
    return (
      <button type="button" onClick={() => send.mutate()}>
        {`${balance} left, ${gate.allowed}`}
      </button>
    )
  }
  const Suspended = () => `${useSuspenseFeature('messages').used} used`

  const page = (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Provider client={client}>
          <Send />
          <Gate feature="sso" fallback={<i>upgrade</i>} />
          <Suspense fallback="…">
            <p>
              <Suspended />
            </p>
          </Suspense>
        </Provider>
      </QueryClientProvider>
    </StrictMode>
  )
  return { page, queryClient, trpc }
}
