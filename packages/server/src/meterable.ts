import type { BooleanId, FeatureId, Features, MeteredId } from '@tollgate/features'

/**
 * An id that a procedure can be metered by, or the sentence that says why it cannot be. While it is being typed, all the ids.
 *
 * `TId` is inferred through the last branch: asked by `TId extends …`, a registry with one id alone would take its place there.
 */
export type Meterable<TFeatures extends Features, TId extends string> = TId extends ''
  ? NoInfer<MeteredId<TFeatures>>
  : Extract<TId, MeteredId<TFeatures>> extends never
    ? MeteredFault<TFeatures, TId>
    : TId

type MeteredFault<TFeatures extends Features, TId extends string> =
  TId extends BooleanId<TFeatures>
    ? `✖ '${TId}' is a boolean feature, which is not counted: use gatedProcedure('${TId}')`
    : TId extends FeatureId<TFeatures>
      ? `✖ '${TId}' is a credit system: meter a feature that draws from it`
      : UnknownFault<TId>

/** An id that a procedure can be gated by, or the sentence that says why it cannot be. While it is being typed, all the ids. */
export type Gateable<TFeatures extends Features, TId extends string> = TId extends ''
  ? NoInfer<BooleanId<TFeatures>>
  : Extract<TId, BooleanId<TFeatures>> extends never
    ? GateFault<TFeatures, TId>
    : TId

type GateFault<TFeatures extends Features, TId extends string> =
  TId extends MeteredId<TFeatures>
    ? `✖ '${TId}' is counted in units, not had or not: use meteredProcedure('${TId}', { units: … })`
    : TId extends FeatureId<TFeatures>
      ? `✖ '${TId}' is a credit system: gate by a boolean feature, or meter a feature that draws from it`
      : UnknownFault<TId>

type UnknownFault<TId extends string> = `✖ there is no feature '${TId}' in the registry: declare it with defineFeatures()`

/** How many units a call takes: a number, or computed from the parsed input. From 0, with at most ten decimal places. */
export type Units<TInput, TContext> = number | ((opts: { readonly input: TInput; readonly ctx: TContext }) => number | Promise<number>)

/** Units of several features, taken together or not at all. */
export type UnitsById<TFeatures extends Features, TInput, TContext> = {
  readonly [Id in MeteredId<TFeatures>]?: Units<TInput, TContext>
}

/**
 * What a procedure is metered by, checked: one feature's id, or units by id. A part that cannot be is replaced by the sentence about it.
 *
 * Inference reaches through the conditional, so a parameter of this type still infers `TWhat`.
 */
export type CheckedWhat<TFeatures extends Features, TWhat, TInput, TContext> = TWhat extends string
  ? Meterable<TFeatures, TWhat>
  : { readonly [Id in keyof TWhat]: Id extends MeteredId<TFeatures> ? Units<TInput, TContext> : Meterable<TFeatures, Id & string> }

/** The features that a procedure is metered by. */
export type MeteredIds<TWhat> = TWhat extends string ? TWhat : keyof TWhat & string
