import type { TRPCMiddlewareFunction } from '@trpc/server'

/** What a middleware is given, as far as metering looks at it. */
export type MeteredCall = Parameters<TRPCMiddlewareFunction<object, object, object, object, unknown>>[0]

/** What a middleware answers. */
export type CallResult<TContextOut = object> = Awaited<ReturnType<TRPCMiddlewareFunction<object, object, object, TContextOut, unknown>>>

/** tRPC's sign that a middleware answers what `next()` answered. Only its type is exported. */
export const MARKER = 'middlewareMarker' as CallResult['marker']

/** An answer that no resolver gave. */
export function answered(data: unknown): CallResult {
  return { ok: true, data, marker: MARKER }
}
