import type { Denial } from '@tollgate/features'
import { type TRPCDefaultErrorShape, TRPCError, type TRPCErrorShape } from '@trpc/server'
import type { AnyBuilder } from './builder.ts'
import { type CallResult, MARKER, type MeteredCall } from './call.ts'
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

/** Gives an error the shape of its procedure, if it is a denial. */
export type ClaimDenial = (error: unknown, call: MeteredCall) => Promise<void>

/**
 * What `.errors()` would do for the denials of a base's procedures, done only when there is one: a middleware more would cost every call.
 *
 * tRPC does not ask the root formatter about an error that was claimed, so this does: what it adds to every error is not lost on denials.
 */
export function denialClaim(base: AnyBuilder): ClaimDenial {
  const root = base._def.config?.errorFormatter
  const format = ({ error, ...opts }: FormatterOptions): TRPCErrorShape => {
    // The root formatter is called with what tRPC itself would give it.
    const shape: TRPCErrorShape = root ? root({ error, ...opts } as never) : opts.shape
    return { ...shape, data: { ...shape.data, denial: denialOf(error) } }
  }
  const claim = base.errors(format)._def.middlewares.at(-1)
  return async (error, call) => {
    if (!(error instanceof TRPCError) || denialOf(error) === null) return
    await claim?.({ ...call, next: async () => ({ ok: false, error, marker: MARKER }) } as never)
  }
}

/** A middleware whose denials have the shape of their procedure. */
export function claiming(middleware: (call: MeteredCall) => Promise<CallResult>, claim: ClaimDenial) {
  return async (call: MeteredCall): Promise<CallResult> => {
    try {
      const result = await middleware(call)
      if (!result.ok) await claim(result.error, call)
      return result
    } catch (error) {
      await claim(error, call)
      throw error
    }
  }
}
