import { ENVELOPE_HEADER, OPERATION_HEADER } from '@tollgate/features'
import type { AnyTRPCRouter } from '@trpc/server'
import type { TRPCRequestInfo } from '@trpc/server/http'
import type { AccessAfter } from './backends/backend.ts'

/** What the HTTP request says beside the calls that it carries, and what is to be said in its answer. */
export interface MeteredRequest {
  /** The calls that the client sent, in their order; null: any call is one of them. */
  readonly calls: readonly SentCall[] | null
  /** Operation ids by the calls' place in the batch; null for a call without one. */
  readonly operationIds: readonly (string | null)[]
  /** The client asks for every answer in an `Envelope`. */
  readonly wantsEnvelope: boolean
  /** Whether a stream can be answered; tRPC refuses one over a link that cannot, and never starts it. */
  readonly canStream: boolean
  /** The router that is served. */
  readonly router: AnyTRPCRouter | null
  /** The headers of the response; null where they are told in another way. */
  readonly resHeaders: Headers | null
  /** The customer as the last call of this request left it; computed only if it is told. */
  access: AccessAfter
}

/** A call as tRPC read it off the request. What it reads its input with is its own: by that it is known. */
interface SentCall {
  readonly getRawInput: () => Promise<unknown>
}

/**
 * Where a context carries its request. Registered by name, so that two copies of this package understand each other; a symbol, because
 * tRPC copies contexts by spreading, and no property of the application's can collide with it.
 */
const REQUEST = Symbol.for('tollgate.request')

interface WithRequest {
  readonly [REQUEST]?: MeteredRequest
}

/** The request that a context came with; null in a server-side call. */
export function requestOf(ctx: unknown): MeteredRequest | null {
  return (ctx as WithRequest | null | undefined)?.[REQUEST] ?? null
}

/**
 * The request of a call that the client itself sent; null for one that a resolver makes with the context it was given: the ids and the
 * answer's form are not meant for that, and whose balances it moves is not the client's business.
 */
export function ownRequestOf(call: SentCall & { readonly ctx: unknown; readonly batchIndex: number }): MeteredRequest | null {
  const request = requestOf(call.ctx)
  if (request === null || request.calls === null) return request
  return request.calls[call.batchIndex]?.getRawInput === call.getRawInput ? request : null
}

/** The context with its request. */
export function withRequest<TContext>(ctx: TContext, request: MeteredRequest): TContext {
  return { ...ctx, [REQUEST]: request }
}

/**
 * The context of a server-side call that may be repeated: a queue's delivery, a webhook. Under one id the call takes effect at most once.
 * Its answer is kept as JSON: a repeat of one that answers more than that gets what JSON makes of it.
 * @example appRouter.createCaller(withOperation(ctx, job.id)).images.generate(job.input)
 */
export function withOperation<TContext extends object>(ctx: TContext, operationId: string): TContext {
  return withRequest(ctx, {
    calls: null,
    operationIds: [operationId],
    wantsEnvelope: false,
    canStream: true,
    router: null,
    resHeaders: null,
    access: () => null,
  })
}

/** Headers as the Fetch API has them, or as Node has them. */
export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** Reads what a client says in headers. */
export function parseRequest(
  headers: HeadersLike,
  info: Pick<TRPCRequestInfo, 'accept' | 'calls'>,
  router: AnyTRPCRouter,
  resHeaders: Headers | null,
): MeteredRequest {
  return {
    calls: info.calls,
    operationIds: parseOperationIds(headerOf(headers, OPERATION_HEADER)),
    wantsEnvelope: headerOf(headers, ENVELOPE_HEADER) === '1',
    canStream: info.accept === 'application/jsonl',
    router,
    resHeaders,
    access: () => null,
  }
}

function parseOperationIds(header: string | null): readonly (string | null)[] {
  if (header === null) return []
  return header.split(',').map((part) => {
    const id = part.trim()
    return id === '' ? null : decoded(id)
  })
}

/** An id as it was given: clients encode what a header cannot hold. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    // A client that does not encode its ids may send any.
    return id
  }
}

function headerOf(headers: HeadersLike, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name)
  const value = headers[name]
  return typeof value === 'string' ? value : (value?.join(',') ?? null)
}
