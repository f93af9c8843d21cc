import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server'
import type { TRPCRequestInfo } from '@trpc/server/http'
import { type HeadersLike, parseRequest, requestOf, withRequest } from './request.ts'
import { meteringHeaders } from './responseMeta.ts'

/** What every adapter of tRPC gives to `createContext`. */
export interface ContextOptions {
  readonly req: { readonly headers: HeadersLike }
  readonly info: TRPCRequestInfo
  /** The headers of the response, where an adapter offers them. */
  readonly resHeaders?: Headers
}

/** What tRPC gives to `responseMeta`. */
type ResponseMeta<TRouter extends AnyTRPCRouter> = (opts: {
  readonly ctx?: inferRouterContext<TRouter>
  readonly info: TRPCRequestInfo | undefined
  readonly errors: TRPCError[]
  readonly eagerGeneration: boolean
}) => { readonly status?: number; readonly headers?: Headers }

export interface HandlerOptions<TRouter extends AnyTRPCRouter, TOptions extends ContextOptions> {
  readonly router: TRouter
  readonly createContext: (opts: TOptions) => inferRouterContext<TRouter> | Promise<inferRouterContext<TRouter>>
  readonly responseMeta?: ResponseMeta<TRouter>
}

/**
 * The options with which an adapter of tRPC serves metered procedures: fetch, Express, Next, standalone.
 *
 * The context brings the request along, so that calls know their operation ids and clients get their balances with the answers.
 * @example createExpressMiddleware(handlerOptions({ router: appRouter, createContext }))
 */
export function handlerOptions<$Router extends AnyTRPCRouter, $Options extends ContextOptions = ContextOptions>(
  options: HandlerOptions<$Router, $Options>,
) {
  const { router, createContext, responseMeta } = options
  return {
    router,
    async createContext(opts: $Options): Promise<inferRouterContext<$Router>> {
      const { info, req, resHeaders = null } = opts
      return withRequest(await createContext(opts), parseRequest(req.headers, info, router, resHeaders))
    },
    responseMeta(opts: Parameters<ResponseMeta<$Router>>[0]): { status?: number; headers?: Headers } {
      const meta = responseMeta?.(opts) ?? {}
      const own = requestOf(opts.ctx)?.resHeaders
      // Straight into the response where that is possible: headers that are handed on are copied twice.
      const headers = own ?? new Headers(meta.headers)
      for (const [name, value] of meteringHeaders(opts)) headers.set(name, value)
      return own ? meta : { ...meta, headers }
    },
  }
}
