import type { ProcedureCost } from '@tollgate/features'
import type { AnyTRPCRouter } from '@trpc/server'
import { isFree } from './free.ts'
import { marksOf } from './mark.ts'
import { proceduresOf } from './procedures.ts'

/** What is known of one procedure without calling it. */
export interface InspectedProcedure {
  readonly path: string
  readonly type: 'query' | 'mutation' | 'subscription'
  /** What it is metered by; none when it is not. */
  readonly costs: readonly ProcedureCost[]
  /** The features that count its calls in flight. */
  readonly inFlight: readonly string[]
  /** The boolean features that it is gated by. */
  readonly gates: readonly string[]
  /** Marked with `free()`, as the usage router's own are. */
  readonly free: boolean
}

/** Lists every procedure of a router with how it is metered and gated, ordered by path. Routers that load on their first call are loaded. */
export async function inspectRouter(router: AnyTRPCRouter): Promise<readonly InspectedProcedure[]> {
  const procedures = [...(await proceduresOf(router))].map(([path, procedure]): InspectedProcedure => {
    const marks = marksOf(procedure)
    return {
      path,
      type: procedure._def.type,
      costs: marks.flatMap((mark) => (mark.kind === 'metered' ? mark.costs : [])),
      inFlight: marks.flatMap((mark) => (mark.kind === 'metered' && mark.inFlight !== null ? [mark.inFlight] : [])),
      gates: marks.flatMap((mark) => (mark.kind === 'gated' ? [mark.featureId] : [])),
      free: isFree(procedure),
    }
  })
  return procedures.sort((a, b) => (a.path < b.path ? -1 : 1))
}
