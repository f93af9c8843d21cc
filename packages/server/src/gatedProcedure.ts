import type { TRPCProcedureBuilder } from '@trpc/server'
import type { AnyBuilder, DenialShape } from './builder.ts'
import type { MeteringCore } from './core.ts'
import { denialClaim } from './denialShape.ts'
import { gatedMiddleware } from './gated.ts'
import type { Gateable, RegistryIds } from './meterable.ts'

/** A procedure that only customers with a feature may call: a native builder, which goes on with `.input()` or a resolver. */
export type GatedProcedure<
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
> = <const $Id extends string>(
  featureId: Gateable<TIds, $Id>,
) => TRPCProcedureBuilder<
  TContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller,
  TErrorShape | DenialShape<TIds['any'], $Id>
>

/** Builds gated procedures on a base. */
export function gatedProcedureOn(core: MeteringCore, base: AnyBuilder) {
  const claim = denialClaim(base)
  return (featureId: string): AnyBuilder => base.use(gatedMiddleware(core, featureId, claim) as never) as AnyBuilder
}
