import { QueryClient } from '@tanstack/react-query'
import { createMeteringClient, mayRetry } from '@tollgate/client'
import { meteringLinks } from '@tollgate/client/links'
import { createTRPCClient } from '@trpc/client'
import { createTRPCOptionsProxy, type inferOutput } from '@trpc/tanstack-react-query'
import type { AppRouter } from '../api/router/appRouter.ts'
import { features } from '../catalog.ts'

export const queryClient = new QueryClient({ defaultOptions: { queries: { retry: mayRetry, staleTime: 30_000 } } })

export const metering = createMeteringClient<AppRouter, typeof features>({ features })

export const { useFeature, useGate, Gate, useCustomer, usePlans, useUsage, denialOf } = metering

export const client = createTRPCClient<AppRouter>({ links: meteringLinks({ url: '/trpc', queryClient, stream: true }) })

export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })

export type Session = NonNullable<inferOutput<typeof trpc.session.current>>
