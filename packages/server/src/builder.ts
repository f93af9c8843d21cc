import type { Denial } from '@tollgate/features'
import type { TRPCDefaultErrorData, TRPCErrorShape, TRPCProcedureBuilder, TRPCUnsetMarker } from '@trpc/server'
// The types of schemas and of overwritten contexts are not exported elsewhere; plugins for tRPC's builder need them.
import type { inferParser, Overwrite, Parser, Simplify } from '@trpc/server/unstable-core-do-not-import'
import type { Usage } from './usage.ts'

export type { Parser }

/** What fits a context that has what `identify` needs, or the sentence that says it has not. */
export type Identified<TContext, TNeeded, TFitting> = TContext extends TNeeded
  ? TFitting
  : "✖ this procedure's context lacks what identify() needs: build on a base whose middlewares provide it"

/** A schema, or none. */
export type MaybeParser = Parser | TRPCUnsetMarker

/** The context as the procedures of a builder see it. */
export type ContextOf<TContext, TOverrides> = Simplify<Overwrite<TContext, TOverrides>>

/** What a schema adds to what a builder has parsed already. */
export type Parsed<TBefore, TParser, TSide extends 'in' | 'out'> = TParser extends Parser
  ? Joined<TBefore, SidesOf<TParser>[TSide]>
  : TBefore

/** Most schemas follow the standard, and are read directly: that is half the work of inferring what `inferParser` answers for them. */
type SidesOf<TParser extends Parser> = TParser extends StandardSchema
  ? { readonly in: StandardTypes<TParser>['input']; readonly out: StandardTypes<TParser>['output'] }
  : inferParser<TParser>

type StandardTypes<TSchema extends StandardSchema> = NonNullable<TSchema['~standard']['types']>

/** What https://standardschema.dev says of a schema's types. */
interface StandardSchema {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined }
}

/** As tRPC joins the types of chained schemas. */
type Joined<TBefore, TNext> = TBefore extends TRPCUnsetMarker ? TNext : Simplify<TBefore & TNext>

/** What a resolver is given as its input. */
export type InputOf<TParsed> = TParsed extends TRPCUnsetMarker ? undefined : TParsed

/** What a metered procedure adds to its context, over what has been added. */
export type WithUsage<TOverrides, TFeatureId extends string> = Omit<TOverrides, 'usage'> & UsageContext<TFeatureId>

/** What a metered procedure adds to its context. */
export interface UsageContext<TFeatureId extends string> {
  readonly usage: Usage<TFeatureId>
}

/** The shape of an error of a procedure: one that a denial made, or any that the router knows. */
export type DenialShape<TAnyId extends string, TFeatureId extends string> = TRPCErrorShape<
  TRPCDefaultErrorData & { readonly denial: Denial<TAnyId> & { readonly featureId: TFeatureId } }
>

/** A native builder, as it is used where its own types are not known. */
export type AnyBuilder = TRPCProcedureBuilder<
  object,
  object,
  object,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TRPCErrorShape
>
