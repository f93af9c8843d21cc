import type { Envelope } from '@tollgate/features'
import type { TRPCCombinedDataTransformer } from '@trpc/server'
import type { AccessAfter } from './backends/backend.ts'
import type { MeteredRequest } from './request.ts'

/** The answer as the client asked for it: in an envelope with the balances, or plainly. */
export function enveloped(request: MeteredRequest | null, data: unknown, accessAfter: AccessAfter): unknown {
  const access = request?.wantsEnvelope ? accessAfter() : null
  return access ? ({ $tollgate: 1, data, access } satisfies Envelope) : data
}

/** The last chunk of a stream, for a client that asked for envelopes. */
export function lastChunk(request: MeteredRequest | null, accessAfter: AccessAfter): { readonly last: Envelope } | null {
  const access = request?.wantsEnvelope ? accessAfter() : null
  return access ? { last: { $tollgate: 1, access } } : null
}

/** Remembers the customer as a call left it, for the headers of the response. */
export function noteAfter(request: MeteredRequest | null, access: AccessAfter): void {
  if (request) request.access = access
}

/** What the router serializes its answers with; null in a server-side call. */
export function transformerOf(request: MeteredRequest | null): TRPCCombinedDataTransformer | null {
  return request?.router?._def._config.transformer ?? null
}
