import type { QueryClient } from '@tanstack/react-query'
import { skipToken } from '@tanstack/react-query'
import { boolean, type CustomerAccess, creditSystem, type Denial, defineFeatures, type Manifest, metered } from '@tollgate/features'
import { createTRPCClient } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { createMeteringClient } from './createMeteringClient.tsx'
import { meteringLinks } from './meteringLinks.ts'

const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10 }),
})

type Id = 'messages' | 'image_gen' | 'sso' | 'credits'

declare const access: CustomerAccess<Id>
declare const manifest: Manifest

const t = initTRPC.create()
const usage = t.router({
  access: t.procedure.query(() => access),
  manifest: t.procedure.query(() => manifest),
  changes: t.procedure.subscription(async function* () {
    yield access
  }),
  plans: t.procedure.query(() => [{ id: 'free', name: 'Free' }]),
  quote: t.procedure
    .input(z.object({ path: z.string(), input: z.unknown() }))
    .query((): { costs: readonly { balanceAfter: number | 'unlimited' }[] } => ({ costs: [] })),
  history: t.procedure.input(z.object({ from: z.number() })).query(() => [{ at: 0, units: 1 }]),
})
const images = t.router({
  generate: t.procedure.input(z.object({ n: z.number() })).mutation(() => 'images'),
  list: t.procedure.query(() => ['image']),
})
const appRouter = t.router({ usage, images })
const nestedRouter = t.router({ billing: t.router({ usage }), images })
const bareRouter = t.router({ images })

declare const queryClient: QueryClient
const client = createTRPCClient<typeof appRouter>({ links: meteringLinks({ url: '/trpc', queryClient }) })
const trpc = createTRPCOptionsProxy<typeof appRouter>({ client, queryClient })
const { Provider, useFeature, useSuspenseFeature, useGate, useQuote, Gate, useCustomer, usePlans, useUsage, denialOf } =
  createMeteringClient<typeof appRouter, typeof features>({ features })

export function Hooks() {
  // A feature is one of the registry's.
  expectTypeOf(useFeature).parameter(0).toEqualTypeOf<Id>()
  useFeature('credits')
  // @ts-expect-error the registry has no such feature: the error lists those that it has
  useFeature('nope')

  // What is told follows from how the feature was declared, and is undefined before it is known.
  const image = useFeature('image_gen', { units: 4, entity: 'seat_1' })
  expectTypeOf(image.balance).toEqualTypeOf<number | 'unlimited' | undefined>()
  expectTypeOf(image.allowed).toEqualTypeOf<boolean | undefined>()
  if (image.status === 'ready') {
    expectTypeOf(image.balance).toEqualTypeOf<number | 'unlimited'>()
    expectTypeOf(image.pool?.poolId).toEqualTypeOf<'credits' | undefined>()
    expectTypeOf(image.featureId).toEqualTypeOf<'image_gen'>()
  }
  expectTypeOf(useSuspenseFeature('messages').balance).toEqualTypeOf<number | 'unlimited'>()
  const sso = useFeature('sso')
  expectTypeOf(sso.allowed).toEqualTypeOf<boolean | undefined>()
  // @ts-expect-error a boolean feature has no balance
  sso.balance
  // @ts-expect-error a boolean feature has no units
  useFeature('sso', { units: 2 })

  // A gate is asked by procedure and input.
  useGate(trpc.images.generate, { n: 4 })
  useGate(trpc.images.generate, skipToken)
  useGate(trpc.images.list)
  useQuote(trpc.images.generate, skipToken)
  expectTypeOf(useQuote(trpc.images.generate, { n: 4 }).data?.costs[0]?.balanceAfter).toEqualTypeOf<number | 'unlimited' | undefined>()
  // @ts-expect-error: the input is the procedure's
  useQuote(trpc.images.generate, { n: 'four' })
  // @ts-expect-error the input is the procedure's
  useGate(trpc.images.generate, { n: 'four' })
  // @ts-expect-error the procedure takes an input
  useGate(trpc.images.generate)
  // @ts-expect-error '✖ ask about a query or a mutation: trpc.images.generate'
  useGate(trpc.images)

  // Readings are typed by the router.
  expectTypeOf(useCustomer().features).toEqualTypeOf<CustomerAccess<Id>['features'] | undefined>()
  expectTypeOf(usePlans().data).toEqualTypeOf<{ id: string; name: string }[] | undefined>()
  expectTypeOf(useUsage({ from: 0 }).data).toEqualTypeOf<{ at: number; units: number }[] | undefined>()
  // @ts-expect-error the input is that of the usage router
  useUsage({ from: 'today' })

  return null
}

export const gates = (
  <Provider client={client}>
    <Gate feature="image_gen" units={4} fallback={({ balance, pool }) => `${balance} ${pool?.cost}`} loading="…" />
    <Gate feature="sso" fallback={({ reason }) => reason} failed={({ error }) => error?.message} />
    {/* @ts-expect-error the registry has no such feature */}
    <Gate feature="nope" />
    {/* @ts-expect-error a boolean feature has no units */}
    <Gate feature="sso" units={2} />
  </Provider>
)

// Denials name features of the registry.
expectTypeOf(denialOf(null)).toEqualTypeOf<Denial<Id> | null>()
expectTypeOf(denialOf(new Error())?.featureId).toEqualTypeOf<Id | undefined>()

// The usage router is found, wherever it is.
createMeteringClient<typeof nestedRouter, typeof features>({ features, at: 'billing.usage' })
// @ts-expect-error it is not at `usage`, so the place has to be said
createMeteringClient<typeof nestedRouter, typeof features>({ features })
// @ts-expect-error there is no usage router at this place
createMeteringClient<typeof nestedRouter, typeof features>({ features, at: 'billing' })
// @ts-expect-error '✖ this router has no usage router: mount the one of createMetering() in it, as `usage`'
createMeteringClient<typeof bareRouter, typeof features>({ features, at: 'usage' })
// @ts-expect-error another registry than the one that was named
createMeteringClient<typeof appRouter, typeof features>({ features: defineFeatures({ messages: metered() }) })
