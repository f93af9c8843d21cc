import type { AnyTRPCProcedure } from '@trpc/server'

/** Registered by name, so that tools know what another copy of this package marked. */
const FREE = Symbol.for('tollgate.free')

/** What procedures are built with, of any context. */
interface Builder {
  meta(meta: never): unknown
}

/**
 * Says that a procedure, or every procedure of a base, is meant to be neither metered nor gated: `tollgate doctor` does not ask about it.
 * Costs nothing when it is called, and changes nothing of what is metered or gated all the same.
 * @example health: free(publicProcedure.query(() => 'ok'))
 * @example const freeProcedure = free(authedProcedure)
 */
export function free<$Marked extends AnyTRPCProcedure | Builder>(marked: $Marked): $Marked {
  if (!isBuilder(marked)) return Object.assign(marked, { [FREE]: true })
  // tRPC hands the metadata of a base on to its procedures, and gives back a builder of the same type.
  return marked.meta({ [FREE]: true } as never) as $Marked
}

/** Whether a procedure was marked as free. */
export function isFree(procedure: AnyTRPCProcedure): boolean {
  const { meta } = procedure._def
  return FREE in procedure || (typeof meta === 'object' && meta !== null && FREE in meta)
}

function isBuilder(marked: AnyTRPCProcedure | Builder): marked is Builder {
  return 'meta' in marked && typeof marked.meta === 'function'
}
