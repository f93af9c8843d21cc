import type { Manifest } from '@tollgate/features'
import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { marksOf, type ProcedureMark } from './mark.ts'

/** All procedures of a router by path; routers that load on their first call are loaded. */
export async function proceduresOf(router: AnyTRPCRouter): Promise<ReadonlyMap<string, AnyTRPCProcedure>> {
  const { _def } = router
  for (let loaders = Object.values(_def.lazy); loaders.length > 0; loaders = Object.values(_def.lazy)) {
    await Promise.all(loaders.map((loader) => loader.load()))
  }
  return new Map(Object.entries(_def.procedures as Readonly<Record<string, AnyTRPCProcedure>>))
}

/** What a client may know of the procedures that are metered or gated. */
export async function manifestOf(router: AnyTRPCRouter): Promise<Manifest> {
  const procedures: Record<string, Manifest['procedures'][string]> = {}
  for (const [path, procedure] of await proceduresOf(router)) {
    const entry = entryOf(marksOf(procedure))
    if (entry) procedures[path] = entry
  }
  return { procedures }
}

/** Costs of several middlewares add up; a procedure that costs something is told by its costs, also when it is gated besides. */
function entryOf(marks: readonly ProcedureMark[]): Manifest['procedures'][string] | null {
  const costs = marks.flatMap((mark) => (mark.kind === 'metered' ? mark.costs : []))
  if (costs.length > 0) return { kind: 'metered', costs }
  return marks.find((mark) => mark.kind === 'gated') ?? null
}
