import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, render } from '@testing-library/react'
import { createMeteringClient, mayRetry } from '@tollgate/client'
import { type MeteringLinkOptions, meteringLinks } from '@tollgate/client/links'
import { createTRPCClient } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { EventSource } from 'eventsource'
import type { ReactNode } from 'react'
import { onTestFinished } from 'vitest'
import { features, type Studio, type StudioRouter } from './studio.ts'

// Only a hang reaches it: machines are slow and shared.
configure({ asyncUtilTimeout: 15_000 })

export const metering = createMeteringClient<StudioRouter, typeof features>({ features })

export const { useFeature, useGate, useQuote, Gate, useCustomer, usePlans, useUsage, denialOf } = metering

export type PageOptions = Partial<MeteringLinkOptions<StudioRouter>>

/** A browser's page of the studio: a cache, a client, and a way to render with them. */
export function openPage(studio: Pick<Studio, 'url'>, options: PageOptions = {}) {
  const queryClient = options.queryClient ?? new QueryClient({ defaultOptions: { queries: { retry: mayRetry, retryDelay: 10 } } })
  const links = meteringLinks<StudioRouter>({ url: studio.url, queryClient, subscriptions: { EventSource }, ...options })
  const client = createTRPCClient<StudioRouter>({ links })
  const trpc = createTRPCOptionsProxy<StudioRouter>({ client, queryClient })
  onTestFinished(() => {
    cleanup()
    queryClient.clear()
  })
  const Wrapper = ({ children }: { readonly children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>
      <metering.Provider client={client}>{children}</metering.Provider>
    </QueryClientProvider>
  )
  return { queryClient, client, trpc, Wrapper, show: (children: ReactNode) => render(<Wrapper>{children}</Wrapper>) }
}
