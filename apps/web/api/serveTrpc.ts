import { mountTrpc } from '@tollgate/server/hono'
import type { TRPCError } from '@trpc/server'
import type { Context, Hono } from 'hono'
import { type RequestContext, userFacts, userOf } from './context.ts'
import { createAppRouter } from './router/appRouter.ts'
import type { Services } from './services.ts'
import { sessionCookie } from './session.ts'

/** Puts every procedure under /trpc, and writes down whom it refused. */
export function serveTrpc(app: Hono, services: Services): void {
  mountTrpc(app, {
    endpoint: '/trpc',
    router: createAppRouter(services),
    createContext: ({ c }) => createContext(services, c),
    onError: ({ error, path, ctx }) => logError(services, error, path, ctx),
  })
}

async function createContext({ config, store, log }: Services, context: Context): Promise<RequestContext> {
  const cookie = sessionCookie(context, config.sessionSecret, config.production)
  return { user: await userOf(cookie, store, log), origin: new URL(context.req.url).origin }
}

/** A refusal is a line of its own in the log; what is our fault comes with its stack. */
function logError({ log }: Services, error: TRPCError, path: string | undefined, ctx: RequestContext | undefined): void {
  // Whoever leaves a stream or closes the page is refused nothing.
  if (error.cause?.name === 'AbortError') return
  const facts = { path, ...userFacts(ctx?.user ?? null) }
  if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ ...facts, err: error }, 'A procedure failed.')
  else log.warn({ ...facts, refused: error.code }, error.message)
}
