import type { ProcedureCost } from '@tollgate/features'

/** How a procedure is metered or gated, as told to clients and tools. */
export type ProcedureMark =
  | {
      readonly kind: 'metered'
      readonly costs: readonly ProcedureCost[]
      /** The feature that counts its calls in flight. */
      readonly inFlight: string | null
    }
  | { readonly kind: 'gated'; readonly featureId: string }

/** Registered by name, so that tools know the middlewares of another copy of this package. */
const MARK = Symbol.for('tollgate.mark')

interface Marked {
  readonly [MARK]?: ProcedureMark
}

/** Notes on a middleware what it does, where a procedure that uses it can be asked. */
export function marked<TMiddleware extends object>(middleware: TMiddleware, mark: ProcedureMark): TMiddleware {
  return Object.assign(middleware, { [MARK]: mark })
}

/** What the metering middlewares of a procedure do, outermost first. */
export function marksOf(procedure: { readonly _def: object }): readonly ProcedureMark[] {
  // tRPC keeps the middlewares on a built procedure, and does not say so in its types.
  const { middlewares = [] } = procedure._def as { readonly middlewares?: readonly Marked[] }
  return middlewares.flatMap((middleware) => middleware[MARK] ?? [])
}
