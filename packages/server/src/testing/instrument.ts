import type { AnyTRPCProcedure } from '@trpc/server'
import type { CallResult, MeteredCall } from '../call.ts'

type Middleware = (call: MeteredCall) => Promise<CallResult>

/** Stands around a resolver. */
export type AroundResolver = (call: MeteredCall, resolve: () => Promise<CallResult>) => Promise<CallResult>

/** Puts something around the resolvers of procedures that are built already. Answers how to take it away again. */
export function instrument(procedures: Iterable<AnyTRPCProcedure>, around: AroundResolver): () => void {
  const undo = [...procedures].map((procedure) => {
    // tRPC runs a procedure's resolver as the last of its middlewares, which are on its definition though the types do not say so.
    const { middlewares } = procedure._def as unknown as { readonly middlewares: Middleware[] }
    const last = middlewares.length - 1
    const resolve = middlewares[last]
    if (resolve === undefined) throw new Error('a procedure without a resolver cannot be simulated')
    middlewares[last] = (call) => around(call, () => resolve(call))
    return () => {
      middlewares[last] = resolve
    }
  })
  return () => {
    for (const each of undo) each()
  }
}
