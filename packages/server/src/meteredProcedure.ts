import type { TRPCProcedureBuilder, TRPCUnsetMarker } from '@trpc/server'
import type { AnyBuilder, ContextOf, DenialShape, InputOf, MaybeParser, Parsed, Parser, WithUsage } from './builder.ts'
import type { MeteringCore } from './core.ts'
import { denialClaim } from './denialShape.ts'
import type { CheckedAlone, CheckedWhat, MeteredIds, RegistryIds, UnitsById } from './meterable.ts'
import { type LooseOptions, meteredMiddleware, type SettleOptions, type UnitsOption, type What } from './metered.ts'

/** Options of `meteredProcedure()`: the schemas are here, because units are told from the parsed input. */
export type MeteredProcedureOptions<
  TWhat,
  TInput extends MaybeParser,
  TOutput extends MaybeParser,
  TParsedInput,
  TParsedOutput,
  TContext,
  TSlotId extends string,
> = {
  readonly input?: TInput
  /** An answer that fails this schema is not charged. */
  readonly output?: TOutput
} & UnitsOption<TWhat, InputOf<TParsedInput>, TContext> &
  SettleOptions<TWhat, InputOf<TParsedInput>, TContext, TParsedOutput extends TRPCUnsetMarker ? unknown : TParsedOutput, TSlotId>

/**
 * A procedure that costs units: a native builder, ready for `.mutation()`, `.query()` or `.subscription()`, or more chaining.
 *
 * The units are set aside before the resolver runs, committed after it succeeds, and given back when it throws, heeds an abort by throwing, or
 * its answer fails the output schema.
 */
export interface MeteredProcedure<
  TIds extends RegistryIds,
  TContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller extends boolean,
  TErrorShape,
> {
  <
    const $What extends string | UnitsById<TIds>,
    $Input extends MaybeParser = TRPCUnsetMarker,
    $Output extends MaybeParser = TRPCUnsetMarker,
  >(
    what: CheckedWhat<TIds, $What, InputOf<Parsed<TInputOut, $Input, 'out'>>, ContextOf<TContext, TOverrides>>,
    options: MeteredProcedureOptions<
      $What,
      $Input,
      $Output,
      Parsed<TInputOut, $Input, 'out'>,
      Parsed<TOutputOut, $Output, 'out'>,
      ContextOf<TContext, TOverrides>,
      TIds['metered']
    >,
  ): TRPCProcedureBuilder<
    TContext,
    TMeta,
    WithUsage<TOverrides, MeteredIds<$What>>,
    Parsed<TInputIn, $Input, 'in'>,
    Parsed<TInputOut, $Input, 'out'>,
    Parsed<TOutputIn, $Output, 'in'>,
    Parsed<TOutputOut, $Output, 'out'>,
    TCaller,
    TErrorShape | DenialShape<TIds['any'], MeteredIds<$What>>
  >
  /** Several features say their units beside their ids, and need no options. */
  <const $What extends string | UnitsById<TIds>>(
    what: CheckedAlone<TIds, $What, InputOf<TInputOut>, ContextOf<TContext, TOverrides>>,
  ): TRPCProcedureBuilder<
    TContext,
    TMeta,
    WithUsage<TOverrides, MeteredIds<$What>>,
    TInputIn,
    TInputOut,
    TOutputIn,
    TOutputOut,
    TCaller,
    TErrorShape | DenialShape<TIds['any'], MeteredIds<$What>>
  >
}

/** The options as they are written, without their types. */
interface LooseProcedureOptions extends LooseOptions {
  readonly input?: Parser
  readonly output?: Parser
}

/** Builds metered procedures on a base. The metering stands after the input, which it reads, and before the output, whose failure it must see. */
export function meteredProcedureOn(core: MeteringCore, base: AnyBuilder) {
  const claim = denialClaim(base)
  return (what: What, options: LooseProcedureOptions = {}): AnyBuilder => {
    // What the typed signature promises is chained here, step by step; the builder's own types cannot follow optional steps.
    const parsing = (options.input ? base.input(options.input as never) : base) as AnyBuilder
    const metering = parsing.use(meteredMiddleware(core, what, options, claim) as never) as AnyBuilder
    return options.output ? (metering.output(options.output) as AnyBuilder) : metering
  }
}
