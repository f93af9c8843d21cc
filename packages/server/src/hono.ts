import type { AnyTRPCRouter, inferRouterContext } from '@trpc/server'
import { type FetchCreateContextFnOptions, type FetchHandlerOptions, fetchRequestHandler } from '@trpc/server/adapters/fetch'
import type { Context, Env, Hono, Schema } from 'hono'
import { type HandlerOptions, handlerOptions } from './handlerOptions.ts'

/** What `createContext` is given. */
export interface HonoContextOptions<TEnv extends Env = Env> extends FetchCreateContextFnOptions {
  /** The request as Hono sees it, with what its middlewares have set. */
  readonly c: Context<TEnv>
}

export interface MountOptions<TRouter extends AnyTRPCRouter, TEnv extends Env>
  extends Omit<HandlerOptions<TRouter, HonoContextOptions<TEnv>>, 'createContext'> {
  /** Checked against the router's context. */
  readonly createContext: (opts: HonoContextOptions<TEnv>) => inferRouterContext<TRouter> | Promise<inferRouterContext<TRouter>>
  /** Default `/trpc`. */
  readonly endpoint?: string
  readonly onError?: FetchHandlerOptions<TRouter>['onError']
  /** The most calls that one request may carry; default: no limit. */
  readonly maxBatchSize?: number
}

/** Serves a router with metered procedures from a Hono application. */
export function mountTrpc<$Env extends Env, $Schema extends Schema, $BasePath extends string, $Router extends AnyTRPCRouter>(
  app: Hono<$Env, $Schema, $BasePath>,
  options: MountOptions<$Router, $Env>,
): void {
  const { endpoint = '/trpc', createContext, onError, maxBatchSize, ...rest } = options
  const served = {
    endpoint,
    ...(onError && { onError }),
    ...(maxBatchSize !== undefined && { maxBatchSize }),
    ...handlerOptions({ ...rest, createContext }),
  }
  app.all(`${endpoint}/*`, (c) =>
    fetchRequestHandler({
      ...served,
      req: c.req.raw,
      createContext: (opts: FetchCreateContextFnOptions) => served.createContext({ ...opts, c }),
      // The context was checked above; whether tRPC lets it be left out depends on a router that is not known yet.
    } as FetchHandlerOptions<$Router>),
  )
}
