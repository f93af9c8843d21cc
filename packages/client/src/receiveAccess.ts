import { notifyManager, type Query, type QueryClient } from '@tanstack/react-query'
import type { CustomerAccess } from '@tollgate/features'
import { isSameView, newestAccess } from './newestAccess.ts'
import { usageKeys } from './usageKey.ts'

/**
 * Puts what the server told about a customer into every place of the cache that it is true of, unless something newer is there.
 *
 * It asks the server again only about what the news make doubtful: a view that is not there yet, another entity's of the same
 * customer, and that of a customer who is signed in no longer.
 */
export function receiveAccess(queryClient: QueryClient, at: string, access: CustomerAccess): void {
  const views = queryClient.getQueryCache().findAll({ queryKey: usageKeys(at, 'access') })
  notifyManager.batch(() => {
    const changed = views.map((view) => receiveInView(queryClient, view, access)).includes(true)
    if (!changed) return
    for (const procedure of ['history', 'receipts', 'plans']) {
      void queryClient.invalidateQueries({ queryKey: usageKeys(at, procedure), refetchType: 'none' })
    }
  })
}

/** Asks the server again about the customer, in every view that is on the page. */
export function refreshAccess(queryClient: QueryClient, at: string): void {
  void queryClient.invalidateQueries({ queryKey: usageKeys(at, 'access') })
}

/** Answers whether the view is another one now. */
function receiveInView(queryClient: QueryClient, view: Query, access: CustomerAccess): boolean {
  // Only accesses are cached under these keys.
  const held = view.state.data as CustomerAccess | undefined
  if (held === undefined ? isOfSession(view) : isSameView(held, access)) {
    const newest = newestAccess(held, access)
    if (newest === held) return false
    queryClient.setQueryData(view.queryKey, newest)
    return newest.version !== held?.version
  }
  const isDoubtful = held?.customerId !== access.customerId || held.version < access.version
  if (isDoubtful) void queryClient.invalidateQueries({ queryKey: view.queryKey, exact: true })
  return false
}

/** Whether a view was asked for without an input: then it is of whoever calls, as all that the server tells by itself is. */
function isOfSession(view: Query): boolean {
  return !('input' in Object(view.queryKey.at(-1)))
}
