import { openEngine } from '@tollgate/engine'
import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered } from '@tollgate/features'
import { createMetering, embedded } from '@tollgate/server'
import { initTRPC } from '@trpc/server'

export const features = defineFeatures({
  messages: metered(),
  images: metered(),
  videos: metered(),
  exports: boolean(),
  sso: boolean(),
  credits: creditSystem({ images: 10 }),
  old_credits: creditSystem({ videos: 1 }),
})

export const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(5), credits: included(100) } },
  team: { name: 'Team', items: { messages: included(50), sso: granted() } },
})

const t = initTRPC.context<{ readonly user: string }>().create()
const metering = createMetering({
  features,
  backend: embedded(await openEngine({ features, plans, url: 'memory:' })),
  identify: ({ ctx }: { ctx: { readonly user: string } }) => ({ customerId: ctx.user }),
  onOutage: 'deny',
})
const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)

const admin = t.router({ reset: t.procedure.mutation(() => 'reset'), people: t.procedure.query(() => []) })

export default t.router({
  admin,
  search: meteredProcedure({ messages: 1, images: ({ ctx }) => ctx.user.length }).query(() => []),
  film: meteredProcedure('videos', { units: 3 }).mutation(() => 'film'),
  peek: meteredProcedure('messages', { units: 0 }).query(() => 'nothing'),
  archive: gatedProcedure('exports').mutation(() => 'zip'),
})
