import { ACCESS_HEADER, type CustomerAccess, ENVELOPE_HEADER, OPERATION_HEADER } from '@tollgate/features'
import {
  createTRPCClient,
  getUntypedClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpSubscriptionLink,
  type Operation,
  splitLink,
} from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { EventSource } from 'eventsource'
import { denialOf } from './denialError.ts'
import { withOperation } from './request.ts'
import { serve } from './served.fixture.ts'

export type LinkKind = 'batch' | 'stream'

/** Both links that carry several calls in one request; their answers differ in headers, status and streams. */
export const linkKinds: readonly LinkKind[] = ['batch', 'stream']

export interface ClientOptions {
  readonly org?: string
  readonly kind?: LinkKind
  readonly envelope?: boolean
  /** Looks at every response, or stands in for the network. */
  readonly fetch?: typeof fetch
}

/** A client over a real socket. An operation id is given as `{ context: { operationId } }`. */
export function clientOf<$Router extends AnyTRPCRouter>(url: string, options: ClientOptions = {}) {
  const { org = 'acme', kind = 'batch', envelope = false } = options
  const http = {
    url,
    headers: ({ opList }: { opList: readonly Operation[] }) => ({
      'x-org': org,
      [OPERATION_HEADER]: opList.map((op) => String(op.context['operationId'] ?? '')).join(','),
      ...(envelope && { [ENVELOPE_HEADER]: '1' }),
    }),
    fetch: (input: string | URL | Request, init?: RequestInit) => (options.fetch ?? fetch)(input, init),
  }
  const batch = kind === 'batch' ? httpBatchLink(http as never) : httpBatchStreamLink(http as never)
  const subscription = httpSubscriptionLink({ url, EventSource: eventSourceOf(org) } as never)
  return createTRPCClient<$Router>({
    links: [splitLink({ condition: (op) => op.type === 'subscription', true: subscription, false: batch })],
  })
}

function eventSourceOf(org: string) {
  return class extends EventSource {
    constructor(url: string | URL) {
      super(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, 'x-org': org } }) })
    }
  }
}

/** Every way in which a procedure is called: by the server itself, and over a socket. */
export type Way = 'createCaller' | LinkKind

export const ways: readonly Way[] = ['createCaller', ...linkKinds]

/** Those that can carry a stream. */
export const streamingWays: readonly Way[] = ['createCaller', 'stream']

export interface WayOptions {
  readonly org?: string
  readonly operationId?: string
}

/** Calls a router in one of these ways, as `createCaller` does. */
export async function callerOver<$Router extends AnyTRPCRouter>(
  way: Way,
  router: $Router,
  { org = 'acme', operationId }: WayOptions = {},
): Promise<ReturnType<$Router['createCaller']>> {
  const ctx = { user: { orgId: org } }
  if (way === 'createCaller')
    return router.createCaller(operationId === undefined ? ctx : withOperation(ctx, operationId)) as ReturnType<$Router['createCaller']>
  const client = getUntypedClient(clientOf<$Router>(await serve(router), { kind: way, org }))
  const context = { context: { operationId } }
  const at = (path: string): unknown =>
    new Proxy(() => {}, {
      // What is awaited is asked for its `then`.
      get: (_, name) => (name === 'then' ? undefined : at(path === '' ? String(name) : `${path}.${String(name)}`)),
      apply: (_, __, [input]) =>
        router._def.procedures[path]?._def.type === 'query' ? client.query(path, input, context) : client.mutation(path, input, context),
    })
  // It takes the same calls by the same paths.
  return at('') as ReturnType<$Router['createCaller']>
}

/** The denial in what a call failed with, whichever way it was made; null when it was not denied. */
export function denialIn(failure: Awaited<ReturnType<typeof failureOf>>): unknown {
  return failure.data === undefined ? denialOf(failure) : failure.data.denial
}

/** The access in the header of the last response. */
export function headerWatch() {
  let last: CustomerAccess | null = null
  let headers = new Headers()
  return {
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const response = await fetch(input, init)
      headers = response.headers
      const text = response.headers.get(ACCESS_HEADER)
      last = text === null ? null : (JSON.parse(text) as CustomerAccess)
      return response
    },
    access: () => last,
    header: (name: string) => headers.get(name),
  }
}

/** What a call failed with; throws when it did not fail. */
export async function failureOf(call: Promise<unknown>) {
  const outcome = await call.then(
    () => null,
    (error: unknown) => ({ error }),
  )
  if (outcome === null) throw new Error('the call was expected to fail, and did not')
  return outcome.error as Error & { readonly data?: { readonly code: string; readonly denial: unknown } }
}

/** All that a stream yields. */
export async function chunksOf<T>(stream: AsyncIterable<T> | Promise<AsyncIterable<T>>): Promise<readonly T[]> {
  const chunks: T[] = []
  for await (const chunk of await stream) chunks.push(chunk)
  return chunks
}
