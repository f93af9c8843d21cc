import type { BooleanId, FeatureId, Features, MeteredId } from '@tollgate/features'

/** The ids of a registry by kind. */
export interface RegistryIds {
  readonly metered: string
  readonly boolean: string
  readonly any: string
}

/** The ids of a registry, worked out once for all procedures: worked out for each of them, they were most of the compiler's work. */
export type IdsOf<TFeatures extends Features> = {
  readonly metered: MeteredId<TFeatures>
  readonly boolean: BooleanId<TFeatures>
  readonly any: FeatureId<TFeatures>
}

/**
 * An id that a procedure can be metered by, or the sentence that says why it cannot be. While it is being typed, all the ids.
 *
 * `TId` is inferred through the last branch: asked by `TId extends …`, a registry with one id alone would take its place there.
 */
export type Meterable<TIds extends RegistryIds, TId extends string> = TId extends ''
  ? NoInfer<TIds['metered']>
  : Extract<TId, TIds['metered']> extends never
    ? MeteredFault<TIds, TId>
    : TId

// Asked by `TId extends TIds['any']`, the compiler would write out the sentence for every id of the registry.
type MeteredFault<TIds extends RegistryIds, TId extends string> =
  Extract<TId, TIds['any']> extends never
    ? UnknownFault<TId>
    : Extract<TId, TIds['boolean']> extends never
      ? `✖ '${TId}' is a credit system: meter a feature that draws from it`
      : `✖ '${TId}' is a boolean feature, which is not counted: use gatedProcedure('${TId}')`

/** An id that a procedure can be gated by, or the sentence that says why it cannot be. While it is being typed, all the ids. */
export type Gateable<TIds extends RegistryIds, TId extends string> = TId extends ''
  ? NoInfer<TIds['boolean']>
  : Extract<TId, TIds['boolean']> extends never
    ? GateFault<TIds, TId>
    : TId

type GateFault<TIds extends RegistryIds, TId extends string> =
  Extract<TId, TIds['any']> extends never
    ? UnknownFault<TId>
    : Extract<TId, TIds['metered']> extends never
      ? `✖ '${TId}' is a credit system: gate by a boolean feature, or meter a feature that draws from it`
      : `✖ '${TId}' is counted in units, not had or not: use meteredProcedure('${TId}', { units: … })`

type UnknownFault<TId extends string> = `✖ there is no feature '${TId}' in the registry: declare it with defineFeatures()`

/** How many units a call takes: a number, or computed from the parsed input. From 0, with at most ten decimal places. */
export type Units<TInput, TContext> = number | ((opts: { readonly input: TInput; readonly ctx: TContext }) => number | Promise<number>)

/** Units of several features, taken together or not at all. What they are is asked of the features that a procedure names: see `CheckedWhat`. */
export type UnitsById<TIds extends RegistryIds> = { readonly [Id in TIds['metered']]?: unknown }

/**
 * What a procedure is metered by, checked: one feature's id, or units by id. A part that cannot be is replaced by the sentence about it.
 *
 * Inference reaches through the conditional, so a parameter of this type still infers `TWhat`.
 */
export type CheckedWhat<TIds extends RegistryIds, TWhat, TInput, TContext> = TWhat extends string
  ? Meterable<TIds, TWhat>
  : { readonly [Id in keyof TWhat]: Id extends TIds['metered'] ? Units<TInput, TContext> : Meterable<TIds, Id & string> }

/** The same where no options follow, which only several features can do without. */
export type CheckedAlone<TIds extends RegistryIds, TWhat, TInput, TContext> = TWhat extends string
  ? UnitsMissing<TIds, TWhat>
  : CheckedWhat<TIds, TWhat, TInput, TContext>

type UnitsMissing<TIds extends RegistryIds, TId extends string> =
  Extract<TId, TIds['metered']> extends never
    ? Meterable<TIds, TId>
    : `✖ say how many units of '${TId}' a call takes: { units: 1 }, or computed from the input`

/** The features that a procedure is metered by. */
export type MeteredIds<TWhat> = TWhat extends string ? TWhat : keyof TWhat & string
