import { type HTTPBatchLinkOptions, httpBatchLink, httpBatchStreamLink, httpSubscriptionLink, splitLink, type TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { changesLink } from './changesLink.ts'
import { operationHeaders, streamHeaders } from './operationHeaders.ts'
import { operationLink } from './operationLink.ts'
import { type UsageLinkOptions, usageLink } from './usageLink.ts'

/** What a whole chain of links needs; `url`, `transformer`, `headers`, `fetch` and the rest are those of `httpBatchLink`. */
export type MeteringLinkOptions<TRouter extends AnyTRPCRouter> = HTTPBatchLinkOptions<TRouter['_def']['_config']['$types']> &
  UsageLinkOptions & {
    /** Whether changes from elsewhere are listened to while the page reads balances; default true. */
    readonly live?: boolean
    /** Whether answers come one by one, and streams at all: `httpBatchStreamLink` in place of `httpBatchLink`. Default false. */
    readonly stream?: boolean
    /** Links to stand before the wire, such as `retryLink`. */
    readonly between?: readonly TRPCLink<TRouter>[]
    /** What listens to changes, where the platform has no `EventSource`, or one that needs options. */
    readonly subscriptions?: Omit<Parameters<typeof httpSubscriptionLink>[0], 'url' | 'transformer' | 'pathSeparator'>
  }

/**
 * A whole chain of links, from operation ids to the wire: `createTRPCClient<AppRouter>({ links: metering.links({ url, queryClient }) })`.
 *
 * What it leaves to do by hand, such as files over `httpLink`, is done with `operationLink`, `usageLink` and `operationHeaders`.
 */
export function meteringLinks<TRouter extends AnyTRPCRouter>(opts: MeteringLinkOptions<TRouter>): TRPCLink<TRouter>[] {
  const { queryClient, at, live = true, stream = false, between = [], subscriptions, headers, ...http } = opts
  const ours = stream ? streamHeaders : operationHeaders
  // Whether a router asks for a transformer is checked where these options are written; in here it is not known.
  const wire = { ...http, headers: withOurs(ours, headers) } as Parameters<typeof httpBatchStreamLink<TRouter>>[0]
  const feed = { ...http, ...subscriptions } as Parameters<typeof httpSubscriptionLink<TRouter, typeof EventSource>>[0]
  return [
    operationLink({ queryClient }),
    usageLink({ queryClient, at }),
    ...(live ? [changesLink<TRouter>({ queryClient, at })] : []),
    ...between,
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink(feed),
      false: stream ? httpBatchStreamLink(wire) : httpBatchLink(wire),
    }),
  ]
}

/** Headers of ours and of the application; where both name one, the application's. */
function withOurs(ours: typeof operationHeaders, theirs: HeadersOption): HeadersFunction {
  return async (opts) => {
    const headers = await (typeof theirs === 'function' ? theirs(opts) : theirs)
    return { ...ours(opts), ...(headers !== undefined && Symbol.iterator in headers ? Object.fromEntries(headers) : headers) }
  }
}

type HeadersOption = HTTPBatchLinkOptions<{ ctx: object; meta: object; errorShape: never; transformer: false }>['headers']

type HeadersFunction = Extract<HeadersOption, (...opts: never) => unknown>
