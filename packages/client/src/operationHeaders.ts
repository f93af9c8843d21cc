import { ENVELOPE_HEADER, OPERATION_HEADER } from '@tollgate/features'
import type { Operation } from '@trpc/client'
import { operationIdOf } from './operationLink.ts'

/** What `httpLink` and the batch links give their `headers` function. */
export type HeaderOptions = { readonly op: Operation } | { readonly opList: readonly Operation[] }

/** The headers that carry operation ids: `httpBatchLink({ url, headers: operationHeaders })`. */
export function operationHeaders(opts: HeaderOptions): Record<string, string> {
  const ops = 'op' in opts ? [opts.op] : opts.opList
  // An id may hold anything, and a header may not; a comma in one would shift the ids of the calls after it.
  const ids = ops.map((op) => encodeURIComponent(operationIdOf(op) ?? ''))
  return ids.some((id) => id !== '') ? { [OPERATION_HEADER]: ids.join(',') } : {}
}

/** The same for `httpBatchStreamLink`, whose response headers leave before the work is done: it also asks for the balances in the answers. */
export function streamHeaders(opts: HeaderOptions): Record<string, string> {
  return { ...operationHeaders(opts), [ENVELOPE_HEADER]: '1' }
}
