import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { StrictMode, Suspense, version } from 'react'
import { createRoot } from 'react-dom/client'
import { features } from './access.fixture.ts'
import { createMeteringClient } from './createMeteringClient.tsx'
import { meteringLinks } from './meteringLinks.ts'
import type { ServedRouter } from './served.fixture.ts'

const { Provider, useFeature, useSuspenseFeature, useGate, Gate } = createMeteringClient<ServedRouter, typeof features>({ features })

/** Renders a metered page with whichever React this was bundled with; answers its version, and how to take the page away. */
export function mount(container: Element, url: string): { readonly version: string; unmount(): void } {
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

  const root = createRoot(container)
  root.render(
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
    </StrictMode>,
  )
  return {
    version,
    unmount() {
      root.unmount()
      queryClient.clear()
    },
  }
}
