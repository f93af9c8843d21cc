import { amountOf } from '@tollgate/engine'
import type { Features, ProcedureCost } from '@tollgate/features'
import type { Overage, Pattern } from './backends/backend.ts'
import type { Identified, UsageContext } from './builder.ts'
import type { CallResult, MeteredCall } from './call.ts'
import type { MeteringCore } from './core.ts'
import { type ClaimDenial, claiming } from './denialShape.ts'
import { allowanceOf, type InFlight } from './inFlight.ts'
import { marked } from './mark.ts'
import { meter } from './meter.ts'
import type { CheckedAlone, CheckedWhat, MeteredIds, RegistryIds, Units, UnitsById } from './meterable.ts'
import type { MeteredRules } from './rules.ts'
import type { CostRule } from './units.ts'

/** A middleware for `.use()` of any procedure whose context and input fit. */
export type MeteringMiddleware<TContext, TInput, TContextOut> = (
  opts: Omit<MeteredCall, 'ctx' | 'input' | 'meta' | 'next'> & { readonly ctx: TContext; readonly input: TInput; readonly next: unknown },
) => Promise<CallResult<TContextOut>>

/** How a call is settled when it is known what it really used. */
export interface SettleOptions<TWhat, TInput, TContext, TOutput, TSlotId extends string> {
  /**
   * What the call really used, told from its answer. Less than what was set aside goes back; more follows `overage`. Without it the call
   * costs what it counted with `ctx.usage`, or else what was set aside. Not for streams, which count as they flow.
   */
  readonly used?: (opts: { readonly output: TOutput; readonly input: TInput; readonly ctx: TContext }) => UsedBy<TWhat>
  /**
   * What becomes of units beyond those set aside. `refuse`, the default: they are set aside before they are counted, and the call fails
   * with the denial when that cannot be. `cap`: what fits is taken and the rest dropped. `overflow`: the balance goes below zero.
   */
  readonly overage?: Overage
  /**
   * How the units are charged where the backend leaves the choice, as Autumn does. `hold`: they are set aside before the work, and calls at once
   * cannot share the last one. `track`: they are looked at before the work and recorded after it. Default: as the backend was told for each
   * feature. The embedded engine always holds.
   */
  readonly pattern?: Pattern
  /** How many calls of a customer may run at once: `inFlight('generations', 3)`. */
  readonly inFlight?: InFlight<TSlotId>
}

type UsedBy<TWhat> = TWhat extends string ? number : { readonly [Id in keyof TWhat]?: number }

/** How much is set aside: said here for one feature, and beside each id for several. */
export type UnitsOption<TWhat, TInput, TContext> = TWhat extends string
  ? {
      /** Units to set aside: what the call costs, or the most that it may. */
      readonly units: Units<TInput, TContext>
    }
  : { readonly units?: '✖ say the units of several features beside their ids: { messages: 1, image_gen: … }' }

/** Options of `metered()`. */
export type MeteredOptions<TWhat, TInput, TContext, TSlotId extends string> = UnitsOption<TWhat, TInput, TContext> &
  SettleOptions<TWhat, TInput, TContext, unknown, TSlotId>

/** Meters a procedure of any `initTRPC`: `.input(S).use(metered('image_gen', { units: ({ input }) => input.n })).output(O)`. */
export interface Metered<TIds extends RegistryIds, TNeeded> {
  <const $What extends string | UnitsById<TIds>, $Input, $Context = TNeeded>(
    what: Identified<$Context, TNeeded, CheckedWhat<TIds, $What, $Input, $Context>>,
    options: MeteredOptions<$What, $Input, $Context, TIds['metered']>,
  ): MeteringMiddleware<$Context, $Input, UsageContext<MeteredIds<$What>>>
  /** Several features say their units beside their ids, and need no options. */
  <const $What extends string | UnitsById<TIds>, $Input, $Context = TNeeded>(
    what: Identified<$Context, TNeeded, CheckedAlone<TIds, $What, $Input, $Context>>,
  ): MeteringMiddleware<$Context, $Input, UsageContext<MeteredIds<$What>>>
}

/** What a procedure is metered by, as it is written. */
export type What = string | Readonly<Record<string, CostRule['units'] | undefined>>

/** The options as they are written, without their types. */
export interface LooseOptions {
  readonly units?: CostRule['units'] | undefined
  readonly used?: MeteredRules['used'] | undefined
  readonly overage?: Overage | undefined
  readonly pattern?: Pattern | undefined
  readonly inFlight?: InFlight | undefined
}

/** The middleware that meters; throws at once on what a typed program could not have written. */
export function meteredMiddleware(core: MeteringCore, what: What, options: LooseOptions = {}, claim: ClaimDenial | null = null) {
  const costs = costRules(core.features, what, options)
  const { used = null, overage = 'refuse', inFlight, pattern } = options
  if (costs.some(({ featureId }) => featureId === inFlight?.featureId))
    throw new Error(`'${inFlight?.featureId}' counts the calls in flight: a call cannot use it up as well`)
  const patterns = pattern && patternsOf(core.features, costs, pattern)
  const rules: MeteredRules = { costs, used, overage, patterns, slot: inFlight ? slotOf(core, inFlight) : null, claim }
  const middleware = meter(core, rules)
  return marked(claim ? claiming(middleware, claim) : middleware, {
    kind: 'metered',
    costs: costs.map(costOf),
    inFlight: inFlight?.featureId ?? null,
  })
}

/** One unit of the feature that counts calls in flight, which may be none that the call is metered by. */
export function slotOf(core: MeteringCore, inFlight: InFlight): MeteredRules['slot'] {
  return { line: { featureId: inFlight.featureId, units: amountOf(1), slot: true }, allowance: allowanceOf(core, inFlight) }
}

function patternsOf(features: Features, costs: readonly CostRule[], pattern: Pattern): { readonly [featureId: string]: Pattern } {
  for (const { featureId } of costs) {
    const feature = features[featureId]
    if (pattern === 'hold' && feature?.type === 'metered' && !feature.consumable)
      throw new Error(`'${featureId}' is an allocated feature, of which Autumn cannot hold units: leave out pattern: 'hold'`)
  }
  return Object.fromEntries(costs.map(({ featureId }) => [featureId, pattern]))
}

function costRules(features: Features, what: What, { units, inFlight }: LooseOptions): readonly CostRule[] {
  if (typeof what === 'string') {
    if (units === undefined) throw new Error(`meter '${what}' by a number of units: { units: 1 }, or computed from the input`)
    return [{ featureId: checkedId(features, what), units }]
  }
  if (units !== undefined) throw new Error('say the units of several features beside their ids: { messages: 1, image_gen: … }')
  const costs = Object.entries(what).flatMap(([id, each]) =>
    each === undefined ? [] : [{ featureId: checkedId(features, id), units: each }],
  )
  if (costs.length === 0 && inFlight === undefined) throw new Error('a metered procedure names at least one feature')
  return costs
}

function checkedId(features: Features, id: string): string {
  const type = Object.hasOwn(features, id) ? features[id]?.type : undefined
  if (type === 'metered') return id
  if (type === undefined) throw new Error(`there is no feature '${id}' in the registry: declare it with defineFeatures()`)
  if (type === 'boolean') throw new Error(`'${id}' is a boolean feature, which is not counted: use gatedProcedure('${id}')`)
  throw new Error(`'${id}' is a credit system: meter a feature that draws from it`)
}

function costOf({ featureId, units }: CostRule): ProcedureCost {
  return { featureId, units: typeof units === 'number' ? units : 'input' }
}
