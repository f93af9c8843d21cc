import type { Denial } from '@tollgate/features'
import type { TRPCDefaultErrorShape, TRPCError, TRPCErrorShape } from '@trpc/server'
import { denialOf } from './denialError.ts'

/** An error's shape with the denial in its data, where clients look for it. */
export type WithDenial<TShape extends TRPCErrorShape, TDenial> = Omit<TShape, 'data'> & {
  readonly data: TShape['data'] & { readonly denial: TDenial }
}

/**
 * The root error formatter: `initTRPC.create({ errorFormatter: denialFormatter })`, or over a shape of your own:
 * `errorFormatter: ({ shape, error }) => denialFormatter({ error, shape: { ...shape, data: { ...shape.data, zod: … } } })`.
 *
 * Every procedure's errors get `data.denial`, which is null when nothing was denied.
 */
export function denialFormatter<$Shape extends TRPCErrorShape = TRPCDefaultErrorShape>({
  shape,
  error,
}: {
  readonly shape: $Shape
  readonly error: TRPCError
}): WithDenial<$Shape, Denial | null> {
  return { ...shape, data: { ...shape.data, denial: denialOf(error) } }
}

/** What tRPC hands to an error formatter, as far as this one passes it on. */
interface FormatterOptions {
  readonly error: TRPCError
  readonly shape: TRPCDefaultErrorShape
}

/** The root formatter of the router that a procedure belongs to. */
type RootFormatter = (opts: never) => TRPCErrorShape

/**
 * A formatter for `.errors()` that claims denials and leaves every other error to the next.
 *
 * tRPC does not ask the root formatter about errors that were claimed, so this one does: what it adds to every error is not lost on denials.
 */
export function procedureDenials(root: RootFormatter | undefined): (opts: FormatterOptions) => TRPCErrorShape | undefined {
  return (opts) => {
    const denial = denialOf(opts.error)
    if (denial === null) return undefined
    // The root formatter is called with what tRPC itself would give it.
    const shape = root ? root(opts as never) : opts.shape
    return { ...shape, data: { ...shape.data, denial } }
  }
}
