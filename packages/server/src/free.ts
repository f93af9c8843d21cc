import type { AnyTRPCProcedure } from '@trpc/server'

/** Registered by name, so that tools know what another copy of this package marked. */
const FREE = Symbol.for('tollgate.free')

/**
 * Says that a procedure is meant to be neither metered nor gated: `tollgate doctor` does not ask about it. Costs nothing when it is called.
 * @example health: free(publicProcedure.query(() => 'ok'))
 */
export function free<$Procedure extends AnyTRPCProcedure>(procedure: $Procedure): $Procedure {
  return Object.assign(procedure, { [FREE]: true })
}

/** Whether a procedure was marked as free. */
export function isFree(procedure: AnyTRPCProcedure): boolean {
  return FREE in procedure
}
