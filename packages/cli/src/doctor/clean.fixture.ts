import { openEngine } from '@tollgate/engine'
import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered } from '@tollgate/features'
import { createMetering, embedded, free, inFlight } from '@tollgate/server'
import { initTRPC, lazy } from '@trpc/server'

export const features = defineFeatures({
  messages: metered(),
  images: metered(),
  events: metered({ eventNames: ['page_view'] }),
  seats: metered({ consumable: false }),
  renders: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ images: 10 }),
})

export const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(5).perEntity('seats'), credits: included(100).per('month') } },
  pro: { name: 'Pro', price: { amount: 20, interval: 'month' }, items: { sso: granted() } },
  pack: { name: 'Pack', addOn: true, items: { credits: included(0).prepaid({ price: 5 }) } },
})

const t = initTRPC.context<{ readonly user: string }>().create()
const metering = createMetering({
  features,
  backend: embedded(await openEngine({ features, plans, url: 'memory:' })),
  identify: ({ ctx }: { ctx: { readonly user: string } }) => {
    throw new Error(`${ctx.user} was asked for`)
  },
  onOutage: 'deny',
})
const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)
const ran = (): never => {
  throw new Error('a procedure ran')
}

const images = t.router({ paint: meteredProcedure('images', { units: 1, inFlight: inFlight('renders', 2) }).mutation(ran) })

// Keeps the process alive, and writes where the report is written, as an application may.
setInterval(ran, 1_000_000)
console.log('the application says hello')

export const appRouter = t.router({
  usage: metering.usageRouter(t.procedure),
  images: lazy(async () => images),
  send: meteredProcedure({ messages: 1 }).mutation(ran),
  saml: gatedProcedure('sso').query(ran),
  health: free(t.procedure.query(ran)),
})

/** Another router, with a slip. */
export const adminRouter = t.router({ reset: t.procedure.mutation(ran) })
