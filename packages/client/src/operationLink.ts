import type { QueryClient } from '@tanstack/react-query'
import type { Operation, TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { mutationOperationId } from './mutationOperation.ts'
import { createOperationId } from './operationId.ts'

const CONTEXT_KEY = 'tollgateOperationId'

/** The context of a call that is to have a given operation id: `client.images.generate.mutate(input, { context: withOperationId(id) })`. */
export function withOperationId(operationId: string): { readonly [CONTEXT_KEY]: string } {
  return { [CONTEXT_KEY]: operationId }
}

/** The operation id that `operationLink` gave a call; undefined for a call that has none. */
export function operationIdOf(op: Pick<Operation, 'context'>): string | undefined {
  const id = op.context[CONTEXT_KEY]
  return typeof id === 'string' ? id : undefined
}

/**
 * Gives every query and mutation an operation id, by which the server charges it once however often it is sent.
 *
 * Place it before `retryLink`. The id is the same over `retryLink`'s retries; with `queryClient` it is also the same over React Query's
 * retries of a mutation and over a reload of a persisted one. A call with `withOperationId` in its context keeps that id.
 */
export function operationLink<TRouter extends AnyTRPCRouter>(opts: { readonly queryClient?: QueryClient } = {}): TRPCLink<TRouter> {
  return () =>
    ({ op, next }) => {
      // A subscription runs until it is left: it is sent anew by the browser, which takes no headers.
      if (op.type === 'subscription') return next(op)
      const operationId = operationIdOf(op) ?? idInCache(opts.queryClient, op) ?? createOperationId()
      return next({ ...op, context: { ...op.context, ...withOperationId(operationId) } })
    }
}

function idInCache(queryClient: QueryClient | undefined, op: Operation): string | undefined {
  return queryClient && op.type === 'mutation' ? mutationOperationId(queryClient, op) : undefined
}
