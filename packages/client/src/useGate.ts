import { type SkipToken, skipToken, useQuery } from '@tanstack/react-query'
import { fixedCosts } from './fixedCosts.ts'
import { type GateState, gateStateOf } from './gateState.ts'
import { type Loaded, notReadyOf } from './loaded.ts'
import { manifestQuery, quoteQuery } from './usageQuery.ts'
import type { UsageSource } from './usageSource.ts'
import { useAccess } from './useAccess.ts'

/** A query or mutation of the options proxy: `trpc.images.generate`. */
export interface GateableProcedure {
  /** Types only. */
  readonly '~types': { readonly input: unknown }
}

/** A procedure that can be asked about, or the sentence that says why it cannot. */
export type Gateable<TProcedure> = TProcedure extends GateableProcedure
  ? TProcedure
  : '✖ ask about a query or a mutation: trpc.images.generate'

/** The input to ask about; `skipToken` while there is none. */
export type GateInput<TProcedure> = TProcedure extends { readonly '~types': { readonly input: infer $Input } }
  ? undefined extends $Input
    ? readonly [input?: $Input | SkipToken]
    : readonly [input: $Input | SkipToken]
  : never

/** Whether a call would go through, from the manifest, from a quote when its cost depends on the input, and from what is left. */
export function useGateOf(source: UsageSource, procedure: GateableProcedure, input: unknown): Loaded<GateState> {
  const path = pathOf(procedure)
  const manifest = useQuery(manifestQuery(source))
  const known = manifest.data?.procedures[path]
  const fixed = fixedCosts(known?.kind === 'metered' ? known.costs : [])
  const quote = useQuery({
    ...quoteQuery(source, path, input),
    ...((fixed !== undefined || input === skipToken) && { queryFn: skipToken }),
  })
  const costs = fixed ?? quote.data?.costs
  const gate = useAccess(source, undefined, (access) => gateStateOf(source.features, access, known, costs ?? []))
  if (manifest.data === undefined) return notReadyOf(manifest)
  return costs === undefined ? notReadyOf(quote) : gate
}

/** The path of a procedure; the proxy answers it from the path alone, for queries and mutations alike. */
export function pathOf(procedure: GateableProcedure): string {
  const key = (procedure as unknown as { mutationKey(): readonly (readonly string[])[] }).mutationKey()
  return key.at(-1)?.join('.') ?? ''
}
