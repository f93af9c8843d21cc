import { type Amount, amountOf, InexactAmountError, unitsOf } from '@tollgate/engine'
import { TRPCError } from '@trpc/server'
import type { FeatureUnits } from './backends/backend.ts'
import { isPromise } from './isPromise.ts'

/** One feature of a metered call, and how its units come about. */
export interface CostRule {
  readonly featureId: string
  readonly units: number | ((opts: { readonly input: unknown; readonly ctx: unknown }) => number | Promise<number>)
}

/** Units of one feature, exactly. */
export interface Line {
  readonly featureId: string
  readonly units: Amount
  /** True: held while the call runs, and never used. */
  readonly slot?: boolean
}

/** The units of one feature; none when it is not there. */
export function unitsIn(lines: readonly Line[], featureId: string): Amount {
  for (const line of lines) if (line.featureId === featureId) return line.units
  return 0n
}

/** The units as backends are told. */
export function asUnits({ featureId, units }: Line): FeatureUnits {
  return { featureId, units: unitsOf(units) }
}

/** Works out what a call takes. Answers at once where every rule does. */
export function linesOf(
  rules: readonly CostRule[],
  path: string,
  opts: { readonly input: unknown; readonly ctx: unknown },
): readonly Line[] | Promise<readonly Line[]> {
  const lines = rules.map(({ featureId, units }) => {
    const count = typeof units === 'number' ? units : units(opts)
    return isPromise(count) ? count.then((known) => lineOf(featureId, known, path)) : lineOf(featureId, count, path)
  })
  return lines.some(isPromise) ? Promise.all(lines) : (lines as readonly Line[])
}

function lineOf(featureId: string, units: number, path: string): Line {
  return { featureId, units: countOf(units, () => `the units of '${featureId}' in ${path}`) }
}

/**
 * The exact count that a number of units stands for.
 *
 * BAD_REQUEST for what cannot be counted: the numbers of a call come from its input, and a negative one would give units away.
 */
export function countOf(units: number, what: () => string): Amount {
  if (!(units >= 0)) throw new TRPCError({ code: 'BAD_REQUEST', message: `${what()} came to ${units}: it takes a number from 0` })
  try {
    return amountOf(units)
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error
    throw new TRPCError({ code: 'BAD_REQUEST', message: `${what()} cannot be counted: ${error.message}`, cause: error })
  }
}
