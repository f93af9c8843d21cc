/** A TypeScript program: its files by path. */
export type Program = ReadonlyMap<string, string>

export interface ProgramSize {
  readonly features: number
  /** So many that each router has at least five: the client calls them. */
  readonly procedures: number
  readonly perRouter: number
}

/** What the two programs differ in: how a procedure begins. */
type Variant = 'metered' | 'bare'

/**
 * An application's API as people write it: zod inputs, some outputs, nested routers, and a client that reads the types.
 *
 * The metered one has a registry and plans besides; the bare one is the same router without them.
 */
export function programOf(variant: Variant, { features, procedures, perRouter }: ProgramSize): Program {
  const ids = featureIds(features)
  const routers = Array.from({ length: Math.ceil(procedures / perRouter) }, (_, router) => router)
  const shared: readonly (readonly [string, string])[] = [
    ['trpc.ts', variant === 'metered' ? meteredTrpc : bareTrpc],
    ['appRouter.ts', appRouter(routers)],
    ['client.ts', client(routers, perRouter)],
    ...routers.map((router) => {
      const first = router * perRouter
      const count = Math.min(perRouter, procedures - first)
      const indexes = Array.from({ length: count }, (_, index) => first + index)
      return [`router${router}.ts`, routerFile(variant, ids, indexes)] as const
    }),
  ]
  return new Map(variant === 'metered' ? [['catalog.ts', catalog(ids)], ...shared] : shared)
}

interface FeatureIds {
  readonly metered: readonly string[]
  readonly boolean: readonly string[]
  readonly pools: readonly string[]
}

/** Of ten features eight are metered, one is boolean and one is a pool. */
function featureIds(count: number): FeatureIds {
  const ids = Array.from({ length: count }, (_, index) => index)
  const kind = (wanted: (digit: number) => boolean, name: string) => ids.filter((id) => wanted(id % 10)).map((id) => `${name}_${id}`)
  return {
    metered: kind((digit) => digit < 8, 'calls'),
    boolean: kind((digit) => digit === 8, 'may'),
    pools: kind((digit) => digit === 9, 'pool'),
  }
}

function catalog({ metered, boolean, pools }: FeatureIds): string {
  const costs = (pool: number) => metered.slice(pool * 8, pool * 8 + 8).map((id, cost) => `${id}: ${cost + 1}`)
  return `
import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'

export const features = defineFeatures({
${metered.map((id) => `  ${id}: metered({ name: '${id}' }),`).join('\n')}
${boolean.map((id) => `  ${id}: boolean(),`).join('\n')}
${pools.map((id, pool) => `  ${id}: creditSystem({ ${costs(pool).join(', ')} }),`).join('\n')}
})

export const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: {
${metered
  .slice(0, metered.length / 2)
  .map((id) => `      ${id}: included(20).per('month'),`)
  .join('\n')}
    },
  },
  pro: {
    name: 'Pro',
    price: { amount: 20, interval: 'month' },
    items: {
${metered.map((id) => `      ${id}: unlimited(),`).join('\n')}
${boolean.map((id) => `      ${id}: granted(),`).join('\n')}
${pools.map((id) => `      ${id}: included(5_000).per('month'),`).join('\n')}
    },
  },
})
`
}

const bareTrpc = `
import { initTRPC, TRPCError } from '@trpc/server'

interface User {
  readonly id: string
  readonly orgId: string
}

export interface Context {
  readonly user: User | null
  readonly locale: string
}

const t = initTRPC.context<Context>().create()
export const router = t.router
export const publicProcedure = t.procedure
export const authedProcedure = t.procedure.use(({ ctx, next }) => {
  if (ctx.user === null) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
`

const meteredTrpc = `${bareTrpc
  .replace('import { initTRPC', "import { type Backend, createMetering, denialFormatter } from '@tollgate/server'\nimport { initTRPC")
  .replace('.create()', '.create({ errorFormatter: denialFormatter })')}
import { features } from './catalog.ts'

declare const backend: Backend
const metering = createMetering({
  features,
  backend,
  identify: ({ ctx }: { ctx: { user: User } }) => ({ customerId: ctx.user.orgId }),
  onOutage: 'deny',
})
export const { meteredProcedure } = metering.procedures(authedProcedure)
export const usageRouter = metering.usageRouter(authedProcedure)
`

function routerFile(variant: Variant, { metered }: FeatureIds, indexes: readonly number[]): string {
  const idOf = (index: number): string => metered[index % metered.length] ?? ''
  return `
import { z } from 'zod'
import { ${variant === 'metered' ? 'meteredProcedure' : 'authedProcedure'}, router } from './trpc.ts'

export const procedures = router({
${indexes.map((index) => procedure(variant, index, idOf(index), idOf(index + 1))).join('\n')}
})
`
}

/** Five kinds of procedures, in turn. */
function procedure(variant: Variant, index: number, id: string, other: string): string {
  const input = `z.object({ id: z.string(), n: z.number().int().min(1).max(100), field${index}: z.string().optional() })`
  const output = `z.object({ text: z.string(), words: z.number(), at: z.date() })`
  const begins = (what: string, options: string): string => `  p${index}: meteredProcedure(${what}, { input: ${input}, ${options} })`
  const begin = (metered: string, bare: string): string => (variant === 'metered' ? metered : `  p${index}: authedProcedure${bare}`)
  switch (index % 5) {
    case 0:
      return `${begin(begins(`'${id}'`, 'units: 1'), `.input(${input})`)}
    .mutation(({ input, ctx }) => ({ id: input.id, by: ctx.user.id, made: input.n, field${index}: input.field${index} ?? null })),`
    case 1:
      return `${begin(begins(`'${id}'`, 'units: ({ input }) => input.n'), `.input(${input})`)}
    .mutation(async ({ input, ctx }) => Array.from({ length: input.n }, (_, at) => ({ at, locale: ctx.locale, field${index}: input.id }))),`
    case 2:
      return `${begin(begins(`{ ${id}: 1, ${other}: ({ input }) => input.n }`, "overage: 'cap'"), `.input(${input})`)}
    .mutation(({ input, ctx }) => ({ orgId: ctx.user.orgId, total${index}: input.n * 2 })),`
    case 3: {
      const settled = `output: ${output}, units: 100, used: ({ output, input }) => Math.min(output.words, input.n)`
      return `${begin(begins(`'${id}'`, settled), `.input(${input}).output(${output})`)}
    .mutation(({ input }) => ({ text: input.id, words: input.n, at: new Date(0) })),`
    }
    default:
      return `${begin(begins(`'${id}'`, 'units: 5'), `.input(${input})`)}
    .mutation(async function* ({ input, ctx }) {
      for (let at = 0; at < input.n; at++) yield { at, word${index}: ctx.user.id }
    }),`
  }
}

function appRouter(routers: readonly number[]): string {
  return `
${routers.map((router) => `import { procedures as router${router} } from './router${router}.ts'`).join('\n')}
import { router } from './trpc.ts'

export const appRouter = router({ ${routers.map((each) => `r${each}: router${each}`).join(', ')} })
export type AppRouter = typeof appRouter
`
}

function client(routers: readonly number[], perRouter: number): string {
  return `
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from './appRouter.ts'

export type Inputs = inferRouterInputs<AppRouter>
export type Outputs = inferRouterOutputs<AppRouter>
const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '/trpc' })] })

export async function use(): Promise<readonly string[]> {
  const made: string[] = []
${routers
  .map((router) => {
    const first = router * perRouter
    return `  const input${router}: Inputs['r${router}']['p${first}'] = { id: 'a', n: 2 }
  const output${router}: Outputs['r${router}']['p${first}'] = await trpc.r${router}.p${first}.mutate(input${router})
  made.push(output${router}.id, \`\${(await trpc.r${router}.p${first + 3}.mutate({ id: 'b', n: 1 })).words}\`)
  for await (const { word${first + 4} } of await trpc.r${router}.p${first + 4}.mutate({ id: 'c', n: 3 })) made.push(word${first + 4})`
  })
  .join('\n')}
  return made
}
`
}
