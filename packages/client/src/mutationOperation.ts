import type { Mutation, MutationState, QueryClient } from '@tanstack/react-query'
import type { Operation } from '@trpc/client'
import { mutationPath } from './mutationPath.ts'
import { createOperationId } from './operationId.ts'

/** What every attempt of one mutation shares; kept in its state because that is what a persister saves and `hydrate` restores. */
interface IdentifiedState extends MutationState {
  readonly tollgateOperationId?: string
}

/** The failure after which a mutation last sent; a mutation whose failure is another one is about to send. */
const sentAfter = new WeakMap<Mutation, unknown>()

/**
 * The operation id of the mutation that is sending this very moment: one for all its retries, also for those after a reload.
 *
 * A link runs synchronously inside the mutation's function, so the mutation that sends is pending, has this input as its variables, and
 * has not sent since it last failed. Several that fit ask for the same thing of the same procedure: which of them takes which id
 * makes no difference to what takes effect. Undefined when the call comes from elsewhere.
 */
export function mutationOperationId(queryClient: QueryClient, op: Operation): string | undefined {
  const cache = queryClient.getMutationCache()
  const mutation = cache.getAll().find((each) => isSending(each, op))
  if (mutation === undefined) return undefined
  const state: IdentifiedState = mutation.state
  const operationId = state.tollgateOperationId ?? createOperationId()
  sentAfter.set(mutation, state.failureReason)
  if (operationId !== state.tollgateOperationId) {
    const identified: IdentifiedState = { ...state, tollgateOperationId: operationId }
    mutation.state = identified
    // Tells a persister, before the request leaves, that there is something to save.
    cache.notify({ type: 'updated', mutation, action: { type: 'continue' } })
  }
  return operationId
}

function isSending(mutation: Mutation, op: Operation): boolean {
  const { state } = mutation
  if (state.status !== 'pending' || state.variables !== op.input) return false
  if (sentAfter.has(mutation) && sentAfter.get(mutation) === state.failureReason) return false
  const path = mutationPath(mutation.options)
  return path === undefined ? typeof op.input === 'object' && op.input !== null : path === op.path
}
