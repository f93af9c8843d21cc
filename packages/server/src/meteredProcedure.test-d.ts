import type { Denial } from '@tollgate/features'
import type { TRPCClientError } from '@trpc/client'
import { type inferProcedureErrorShape, type inferRouterInputs, type inferRouterOutputs, initTRPC } from '@trpc/server'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { Backend } from './backends/backend.ts'
import { createMetering } from './createMetering.ts'
import { denialFormatter } from './denialShape.ts'
import { handlerOptions } from './handlerOptions.ts'
import { type Context, features } from './served.fixture.ts'
import type { Usage } from './usage.ts'

declare const backend: Backend
const t = initTRPC.context<Context & { readonly locale: string }>().create({ errorFormatter: denialFormatter })
const metering = createMetering({
  features,
  backend,
  identify: ({ ctx }: { ctx: Context }) => ({ customerId: ctx.user.orgId }),
  onOutage: { default: 'deny', features: { messages: 'allow' } },
})
const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)

const router = t.router({
  usage: metering.usageRouter(t.procedure),
  generate: meteredProcedure('image_gen', {
    input: z.object({ n: z.string().transform(Number) }),
    output: z.object({ images: z.number() }),
    units: ({ input, ctx }) => {
      expectTypeOf(input).toEqualTypeOf<{ n: number }>()
      expectTypeOf(ctx.locale).toEqualTypeOf<string>()
      return input.n
    },
    used: ({ output, input, ctx }) => {
      expectTypeOf(output).toEqualTypeOf<{ images: number }>()
      expectTypeOf(input).toEqualTypeOf<{ n: number }>()
      expectTypeOf(ctx.user.orgId).toEqualTypeOf<string>()
      return output.images
    },
  }).mutation(({ input, ctx }) => {
    expectTypeOf(input).toEqualTypeOf<{ n: number }>()
    expectTypeOf(ctx.usage).toEqualTypeOf<Usage<'image_gen'>>()
    expectTypeOf(ctx.usage.add).toBeCallableWith(1)
    expectTypeOf(ctx.usage.add).toBeCallableWith(1, 'image_gen')
    return { images: input.n }
  }),
  both: meteredProcedure(
    { messages: 1, image_gen: ({ input }) => input.n },
    { input: z.object({ n: z.number() }), used: () => ({ image_gen: 1 }) },
  ).query(({ ctx }) => {
    expectTypeOf(ctx.usage).toEqualTypeOf<Usage<'messages' | 'image_gen'>>()
    expectTypeOf(ctx.usage.add).toBeCallableWith(1, 'messages')
    return ctx.locale
  }),
  saml: gatedProcedure('sso')
    .input(z.string())
    .query(({ input, ctx }) => `${input} ${ctx.locale}`),
  words: meteredProcedure('messages', { units: 1 }).subscription(async function* () {
    yield 1
  }),
})

// What comes back is a native builder: inputs and outputs are inferred as of any procedure.
type Inputs = inferRouterInputs<typeof router>
type Outputs = inferRouterOutputs<typeof router>
expectTypeOf<Inputs['generate']>().toEqualTypeOf<{ n: string }>()
expectTypeOf<Outputs['generate']>().toEqualTypeOf<{ images: number }>()
expectTypeOf<Outputs['both']>().toEqualTypeOf<string>()
expectTypeOf<Inputs['saml']>().toEqualTypeOf<string>()

// The schema may also come from the base, or be chained: metering sees what was there before it.
const based = metering.procedures(t.procedure.input(z.object({ a: z.number() })))
based.meteredProcedure('messages', { input: z.object({ b: z.number() }), units: ({ input }) => input.a + input.b })
based.meteredProcedure('messages', { units: ({ input }) => input.a })

// Denials are typed per procedure, and for the whole router through the root formatter.
type GenerateShape = inferProcedureErrorShape<typeof router, typeof router.generate>
type WithFeature = Extract<GenerateShape['data'], { readonly denial: { readonly featureId: 'image_gen' } }>
expectTypeOf<WithFeature['denial']['featureId']>().toEqualTypeOf<'image_gen'>()
declare const failure: TRPCClientError<typeof router>
expectTypeOf(failure.data?.denial).toEqualTypeOf<Denial | null | undefined>()

// metered() infers input and context where it is used.
const other = initTRPC.context<Context & { readonly plan: string }>().create()
other.procedure
  .input(z.object({ n: z.number() }))
  .use(
    metering.metered('image_gen', {
      units: ({ input, ctx }) => {
        expectTypeOf(input).toEqualTypeOf<{ n: number }>()
        expectTypeOf(ctx.plan).toEqualTypeOf<string>()
        return input.n
      },
    }),
  )
  .use(metering.gated('sso'))
  .mutation(({ ctx }) => {
    expectTypeOf(ctx.usage).toEqualTypeOf<Usage<'image_gen'>>()
    expectTypeOf(ctx.plan).toEqualTypeOf<string>()
  })

// The router that clients read.
type UsageOutputs = Outputs['usage']
expectTypeOf<UsageOutputs['access']['features']['messages']>().not.toBeAny()
expectTypeOf<UsageOutputs['quote']['costs'][number]['featureId']>().toEqualTypeOf<keyof typeof features & string>()
expectTypeOf<Inputs['usage']['history']['bin']>().toEqualTypeOf<'hour' | 'day' | 'month'>()

// @ts-expect-error: the context lacks the locale that the router's procedures ask for
handlerOptions({ router, createContext: () => ({ user: { orgId: 'acme' } }) })

meteredProcedure('messages', { units: 1, pattern: 'track' })
// @ts-expect-error: units are held, or looked at and tracked
meteredProcedure('messages', { units: 1, pattern: 'check' })
metering.metered('messages', { units: 1, pattern: 'hold' })
