import type { FeatureUnits, Overage, Pattern } from './backends/backend.ts'
import type { MeteredCall } from './call.ts'
import type { ClaimDenial } from './denialShape.ts'
import type { Part } from './part.ts'
import { type CostRule, countOf, type Line } from './units.ts'

/** How one procedure is metered. */
export interface MeteredRules {
  readonly costs: readonly CostRule[]
  /** What the call really used, told from its answer; null: as it was counted. */
  readonly used: ((opts: { readonly output: unknown; readonly input: unknown; readonly ctx: unknown }) => number | UnitsUsed) | null
  /** What becomes of units beyond the hold. */
  readonly overage: Overage
  /** How each feature is charged; undefined: as the backend was told. */
  readonly patterns: { readonly [featureId: string]: Pattern } | undefined
  /** Held while the call runs; null: nothing. */
  readonly slot: { readonly line: Line; readonly allowance: FeatureUnits | null } | null
  /** Gives denials that end a stream the shape of their procedure; null: the router's. */
  readonly claim: ClaimDenial | null
}

/** What was really used, by feature. */
export type UnitsUsed = { readonly [featureId: string]: number | undefined }

/** Settles a part at what the answer tells, where the procedure says so. */
export function settleByAnswer(rules: MeteredRules, call: MeteredCall, part: Part, output: unknown): void {
  if (rules.used === null) return
  const used = rules.used({ output, input: call.input, ctx: call.ctx })
  const byId: UnitsUsed = typeof used === 'number' ? Object.fromEntries(rules.costs.map(({ featureId }) => [featureId, used])) : used
  const lines = Object.entries(byId).flatMap(([featureId, units]) =>
    units === undefined ? [] : [{ featureId, units: countOf(units, () => `used() for '${featureId}' in ${call.path}`) }],
  )
  part.settleAt(lines)
}

/** Throws where `used` is to tell the cost of a stream: there is no answer to tell it from. */
export function assertCountedAsItFlows({ used }: MeteredRules, { path }: MeteredCall): void {
  if (used !== null) throw new Error(`${path} answers a stream, whose cost used() cannot tell: count it with ctx.usage as it flows`)
}
