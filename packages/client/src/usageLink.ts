import type { QueryClient } from '@tanstack/react-query'
import { ACCESS_HEADER, type CustomerAccess, type Manifest } from '@tollgate/features'
import type { TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { denialOf } from './denialOf.ts'
import { isAccess } from './newestAccess.ts'
import { receiveAccess, refreshAccess } from './receiveAccess.ts'
import { usageKey } from './usageKey.ts'
import { withoutEnvelopes } from './withoutEnvelopes.ts'

/** Where usage is kept on this side, and where the server tells of it. */
export interface UsageLinkOptions {
  readonly queryClient: QueryClient
  /** The path of the usage router in the application's router; default `usage`. */
  readonly at?: string | undefined
}

/**
 * Takes the balances off the answers and puts them into the query cache, so that what the page shows is right when a call resolves, without
 * another request. Where the answer says nothing of them although units may have moved (the connection was lost, a stream was left
 * early), it has them read again.
 *
 * Reads the response header of `httpLink` and `httpBatchLink`, and the envelopes of `httpBatchStreamLink`.
 */
export function usageLink<TRouter extends AnyTRPCRouter>({ queryClient, at = 'usage' }: UsageLinkOptions): TRPCLink<TRouter> {
  return () =>
    ({ op, next }) => {
      if (op.type === 'subscription') return next(op)
      return observable((observer) => {
        const call = followCall(queryClient, at, op.path)
        const subscription = next(op).subscribe({
          next(envelope) {
            const { result } = envelope
            call.onAccess(accessInHeader(envelope.context))
            call.onAnswer()
            if (result.type !== undefined && result.type !== 'data') return observer.next(envelope)
            observer.next({ ...envelope, result: { ...result, data: withoutEnvelopes(result.data, call) } })
          },
          error(error) {
            call.onAccess(accessInHeader(error.meta))
            call.onEnd(error)
            observer.error(error)
          },
          complete: () => observer.complete(),
        })
        return () => {
          call.onLeave()
          subscription.unsubscribe()
        }
      })
    }
}

/** Follows one call from its start to its end, however it ends. */
function followCall(queryClient: QueryClient, at: string, path: string) {
  let told = false
  let phase: 'sent' | 'answering' | 'ended' = 'sent'
  const onEnd = (failure?: unknown) => {
    if (phase === 'ended') return
    phase = 'ended'
    const procedure = queryClient.getQueryData<Manifest>(usageKey(at, 'manifest'))?.procedures[path]
    // Units may have moved, or what is shown was wrong, and nobody said what is right.
    if (!told && (procedure?.kind === 'metered' || denialOf(failure) !== null)) refreshAccess(queryClient, at)
  }
  return {
    onAccess(access: CustomerAccess | undefined) {
      if (access === undefined) return
      told = true
      receiveAccess(queryClient, at, access)
    },
    onAnswer() {
      phase = 'answering'
    },
    onEnd,
    /** The caller is gone. One that was answered has left the link, not the stream that it reads. */
    onLeave() {
      if (phase === 'sent') onEnd()
    },
  }
}

/** The access in the headers of an HTTP response, which the terminating links hand on beside the result. */
function accessInHeader(context: Readonly<Record<string, unknown>> | undefined): CustomerAccess | undefined {
  // tRPC declares only what it reads of a response itself; every `fetch` gives one with headers.
  const response = context?.['response'] as Partial<Response> | undefined
  const header = response?.headers?.get(ACCESS_HEADER)
  const access: unknown = header ? JSON.parse(header) : undefined
  return isAccess(access) ? access : undefined
}
