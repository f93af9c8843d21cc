import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'

/** Each wrong program with what its author reads: the compiler's own words at the offending place. */
const wrongPrograms: readonly (readonly [name: string, program: string, sentence: string])[] = [
  [
    'meters by an unknown feature',
    "meteredProcedure('nope', { units: 1 })",
    `Argument of type '"nope"' is not assignable to parameter of type '"✖ there is no feature 'nope' in the registry: declare it with defineFeatures()"'.`,
  ],
  [
    'meters by a pool',
    "meteredProcedure('credits', { units: 1 })",
    `Argument of type '"credits"' is not assignable to parameter of type '"✖ 'credits' is a credit system: meter a feature that draws from it"'.`,
  ],
  [
    'meters by a boolean feature',
    "meteredProcedure('sso', { units: 1 })",
    `Argument of type '"sso"' is not assignable to parameter of type '"✖ 'sso' is a boolean feature, which is not counted: use gatedProcedure('sso')"'.`,
  ],
  [
    'gates by a metered feature',
    "gatedProcedure('messages')",
    `Argument of type '"messages"' is not assignable to parameter of type '"✖ 'messages' is counted in units, not had or not: use meteredProcedure('messages', { units: … })"'.`,
  ],
  [
    'gates by a pool',
    "gatedProcedure('credits')",
    `Argument of type '"credits"' is not assignable to parameter of type '"✖ 'credits' is a credit system: gate by a boolean feature, or meter a feature that draws from it"'.`,
  ],
  [
    'gates by an unknown feature',
    "gatedProcedure('nope')",
    `Argument of type '"nope"' is not assignable to parameter of type '"✖ there is no feature 'nope' in the registry: declare it with defineFeatures()"'.`,
  ],
  [
    'computes units from a field that the input lacks',
    "meteredProcedure('image_gen', { input: z.object({ n: z.number() }), units: ({ input }) => input.count })",
    "Property 'count' does not exist on type '{ n: number; }'.",
  ],
  [
    'computes units from an input that there is none of',
    "meteredProcedure('image_gen', { units: ({ input }) => input.n })",
    "'input' is possibly 'undefined'.",
  ],
  [
    'computes units that are no number',
    "meteredProcedure('image_gen', { input: z.object({ n: z.string() }), units: ({ input }) => input.n })",
    "Type 'string' is not assignable to type 'number | Promise<number>'.",
  ],
  [
    'tells what was used from a field that the output lacks',
    "meteredProcedure('messages', { output: z.object({ words: z.number() }), units: 1, used: ({ output }) => output.messages })",
    "Property 'messages' does not exist on type '{ words: number; }'.",
  ],
  [
    'leaves out the units altogether',
    "meteredProcedure('messages')",
    `Argument of type '"messages"' is not assignable to parameter of type '"✖ say how many units of 'messages' a call takes: { units: 1 }, or computed from the input"'.`,
  ],
  [
    'leaves out the units of a boolean feature',
    "meteredProcedure('sso')",
    `Argument of type '"sso"' is not assignable to parameter of type '"✖ 'sso' is a boolean feature, which is not counted: use gatedProcedure('sso')"'.`,
  ],
  ['forgets the units', "meteredProcedure('messages', {})", "Property 'units' is missing in type '{}' but required in type"],
  [
    'answers something else than the output schema',
    "meteredProcedure('messages', { output: z.object({ words: z.number() }), units: 1 }).mutation(() => 'done')",
    "Type 'string' is not assignable to type 'MaybePromise<{ words: number; }>'.",
  ],
  [
    'counts a feature that the procedure is not metered by',
    "meteredProcedure('messages', { units: 1 }).mutation(({ ctx }) => ctx.usage.add(1, 'image_gen'))",
    `Argument of type '"image_gen"' is not assignable to parameter of type '"messages"'.`,
  ],
  [
    'does not say which of several features it counts',
    'meteredProcedure({ messages: 1, image_gen: 1 }).mutation(({ ctx }) => ctx.usage.add(1))',
    'Expected 2 arguments, but got 1.',
  ],
  [
    'meters several features, one of them a pool',
    'meteredProcedure({ messages: 1, credits: 1 })',
    `Type 'number' is not assignable to type '"✖ 'credits' is a credit system: meter a feature that draws from it"'.`,
  ],
  [
    'meters several features, one of them unknown',
    'meteredProcedure({ messages: 1, nope: 1 })',
    `Type 'number' is not assignable to type '"✖ there is no feature 'nope' in the registry: declare it with defineFeatures()"'.`,
  ],
  [
    'meters several features, one of them boolean',
    'meteredProcedure({ messages: 1, sso: 1 }, { used: () => ({}) })',
    `Type 'number' is not assignable to type '"✖ 'sso' is a boolean feature, which is not counted: use gatedProcedure('sso')"'.`,
  ],
  [
    'meters several features by something that is no number',
    "meteredProcedure({ messages: 1, image_gen: 'two' })",
    "Type 'string' is not assignable to type 'Units<undefined, ",
  ],
  [
    'tells what was used of a feature that the procedure is not metered by',
    'meteredProcedure({ messages: 1 }, { used: () => ({ image_gen: 1 }) })',
    "Type '{ image_gen: number; }' has no properties in common with type '{ readonly messages?: number; }'.",
  ],
  [
    'counts calls in flight by an unknown feature',
    "meteredProcedure('messages', { units: 1, inFlight: inFlight('nope', 3) })",
    `Type 'InFlight<"nope">' is not assignable to type 'InFlight<`,
  ],
  [
    'meters several features by a field that the input lacks',
    'meteredProcedure({ messages: 1, image_gen: ({ input }) => input.count }, { input: z.object({ n: z.number() }) })',
    "Property 'count' does not exist on type '{ n: number; }'.",
  ],
  [
    'says the units of several features twice',
    'meteredProcedure({ messages: 1 }, { units: 1 })',
    `Type 'number' is not assignable to type '"✖ say the units of several features beside their ids: { messages: 1, image_gen: … }"'.`,
  ],
  [
    'builds on a base whose context lacks what identify needs',
    'metering.procedures(stranger.procedure)',
    `is not assignable to parameter of type '"✖ this procedure's context lacks what identify() needs: build on a base whose middlewares provide it"'.`,
  ],
  [
    'lets clients read usage on such a base',
    'metering.usageRouter(stranger.procedure)',
    `is not assignable to parameter of type '"✖ this procedure's context lacks what identify() needs: build on a base whose middlewares provide it"'.`,
  ],
  [
    'uses metered() where the context lacks what identify needs',
    "stranger.procedure.use(metering.metered('messages', { units: 1 }))",
    `Argument of type '"messages"' is not assignable to parameter of type '"✖ this procedure's context lacks what identify() needs: build on a base whose middlewares provide it"'.`,
  ],
  [
    'uses metered() with units on a field that the input lacks',
    "t.procedure.input(z.object({ n: z.number() })).use(metering.metered('image_gen', { units: ({ input }) => input.count }))",
    "Property 'count' does not exist on type '{ n: number; }'.",
  ],
  [
    'uses metered() with a pool',
    "t.procedure.use(metering.metered('credits', { units: 1 }))",
    `Argument of type '"credits"' is not assignable to parameter of type '"✖ 'credits' is a credit system: meter a feature that draws from it"'.`,
  ],
  [
    'uses metered() with a boolean feature',
    "t.procedure.use(metering.metered('sso', { units: 1 }))",
    `Argument of type '"sso"' is not assignable to parameter of type '"✖ 'sso' is a boolean feature, which is not counted: use gatedProcedure('sso')"'.`,
  ],
  [
    'uses metered() with an unknown feature',
    "t.procedure.use(metering.metered('nope', { units: 1 }))",
    `Argument of type '"nope"' is not assignable to parameter of type '"✖ there is no feature 'nope' in the registry: declare it with defineFeatures()"'.`,
  ],
  [
    'uses metered() and leaves out the units',
    "t.procedure.use(metering.metered('messages'))",
    `Argument of type '"messages"' is not assignable to parameter of type '"✖ say how many units of 'messages' a call takes: { units: 1 }, or computed from the input"'.`,
  ],
  [
    'uses metered() with several features, one of them a pool',
    't.procedure.use(metering.metered({ messages: 1, credits: 1 }))',
    `Type 'number' is not assignable to type '"✖ 'credits' is a credit system: meter a feature that draws from it"'.`,
  ],
  [
    'uses gated() with a pool',
    "t.procedure.use(metering.gated('credits'))",
    `Argument of type '"credits"' is not assignable to parameter of type '"✖ 'credits' is a credit system: gate by a boolean feature, or meter a feature that draws from it"'.`,
  ],
  [
    'uses gated() with an unknown feature',
    "t.procedure.use(metering.gated('nope'))",
    `Argument of type '"nope"' is not assignable to parameter of type '"✖ there is no feature 'nope' in the registry: declare it with defineFeatures()"'.`,
  ],
  [
    'uses gated() where the context lacks what identify needs',
    "stranger.procedure.use(metering.gated('sso'))",
    `Argument of type '"sso"' is not assignable to parameter of type '"✖ this procedure's context lacks what identify() needs: build on a base whose middlewares provide it"'.`,
  ],
  [
    'uses gated() with a metered feature',
    "t.procedure.use(metering.gated('messages'))",
    `Argument of type '"messages"' is not assignable to parameter of type '"✖ 'messages' is counted in units, not had or not: use meteredProcedure('messages', { units: … })"'.`,
  ],
  [
    'chooses no policy for outages',
    "createMetering({ features, backend, identify: () => ({ customerId: 'acme' }) })",
    "Property 'onOutage' is missing",
  ],
  [
    'chooses a policy for a feature that is none',
    "createMetering({ features, backend, identify: () => ({ customerId: 'acme' }), onOutage: { default: 'deny', features: { nope: 'allow' } } })",
    "'nope' does not exist in type",
  ],
  [
    'mounts a router with a context that is not its own',
    'mountTrpc(new Hono(), { router: t.router({}), createContext: () => ({ user: 7 }) })',
    "Type 'number' is not assignable to type '{ orgId: string; }'.",
  ],
]

const folder = join(import.meta.dirname, '../node_modules/.cache/misuse')

const preamble = `
import { boolean, creditSystem, defineFeatures, metered } from '@tollgate/features'
import { initTRPC } from '@trpc/server'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Backend } from '../../../src/backends/backend.ts'
import { createMetering } from '../../../src/createMetering.ts'
import { mountTrpc } from '../../../src/hono.ts'
import { inFlight } from '../../../src/inFlight.ts'

const features = defineFeatures({ messages: metered(), image_gen: metered(), sso: boolean(), credits: creditSystem({ image_gen: 10 }) })
declare const backend: Backend
const t = initTRPC.context<{ user: { orgId: string } }>().create()
const stranger = initTRPC.context<{ locale: string }>().create()
const metering = createMetering({
  features,
  backend,
  identify: ({ ctx }: { ctx: { user: { orgId: string } } }) => ({ customerId: ctx.user.orgId }),
  onOutage: 'deny',
})
const { meteredProcedure, gatedProcedure } = metering.procedures(t.procedure)
export const used = [createMetering, inFlight, mountTrpc, Hono, z, stranger, meteredProcedure, gatedProcedure]
export const program = () =>
`

/** What the compiler says about each program. */
let readings: readonly string[] = []

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all(
    wrongPrograms.map(([, program], index) => writeFile(join(folder, `program${index}.ts`), `${preamble.trimStart()}  ${program}\n`)),
  )
  const compilerOptions = {
    noEmit: true,
    incremental: false,
    composite: false,
    customConditions: ['@tollgate/source'],
    types: ['node'],
    noUnusedLocals: false,
  }
  const config = { extends: '../../../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
  const output = await new Promise<string>((resolve) => {
    execFile(tsc, ['-p', folder, '--pretty', 'false'], { maxBuffer: 1 << 26 }, (_error, stdout) => resolve(stdout))
  })
  readings = wrongPrograms.map((_, index) => {
    const lines = output.split('\n')
    const start = lines.findIndex((line) => line.includes(`program${index}.ts(`))
    const rest = start < 0 ? [] : lines.slice(start + 1)
    const end = rest.findIndex((line) => !line.startsWith(' '))
    return start < 0 ? 'it compiles' : [lines[start], ...rest.slice(0, end < 0 ? undefined : end)].join('\n')
  })
}, 60_000)

it.each(wrongPrograms.map(([name, , sentence], index) => [name, index, sentence] as const))(
  'reads a sentence: %s',
  (_name, index, sentence) => {
    expect(readings[index]).toContain(sentence)
  },
)
