import { denialFormatter, free } from '@tollgate/server'
import { initTRPC, TRPCError } from '@trpc/server'
import type { RequestContext } from './context.ts'
import type { AppMetering } from './metering.ts'

/** What routers are built with. */
export type Trpc = ReturnType<typeof createTrpc>

/** tRPC for the studio: procedures for everybody, for those who are signed in and for owners that cost nothing, and those that cost something. */
export function createTrpc(metering: AppMetering) {
  const t = initTRPC.context<RequestContext>().create({ isDev: false, errorFormatter: denialFormatter })
  const authedProcedure = t.procedure.use(({ ctx, next }) => {
    if (ctx.user === null) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
    return next({ ctx: { user: ctx.user } })
  })
  const ownerProcedure = authedProcedure.use(({ ctx, next }) => {
    if (ctx.user.membership.role === 'owner') return next()
    throw new TRPCError({ code: 'FORBIDDEN', message: 'Only an owner of the organisation can do this.' })
  })
  return {
    router: t.router,
    publicProcedure: free(t.procedure),
    freeProcedure: free(authedProcedure),
    freeOwnerProcedure: free(ownerProcedure),
    ...metering.procedures(authedProcedure),
    ownerMetered: metering.procedures(ownerProcedure).meteredProcedure,
    usageRouter: metering.usageRouter(authedProcedure),
  }
}
