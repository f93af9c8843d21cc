import type { QueryClient } from '@tanstack/react-query'
import type { CustomerAccess } from '@tollgate/features'
import { type ConnectionObserver, keepOpen } from './keepOpen.ts'
import { usageKeys } from './usageKey.ts'

/** A page that leaves one view for the next does not close the connection in between. */
const LINGER_MS = 1_000

/**
 * Keeps a connection open for as long as somebody reads an access, whichever framework they read it with.
 *
 * The connection tells of whoever is signed in when it opens: it is opened anew for another customer.
 */
export function keepOpenWhileRead(queryClient: QueryClient, at: string, open: (on: ConnectionObserver) => { unsubscribe(): void }): void {
  const cache = queryClient.getQueryCache()
  const queryKey = usageKeys(at, 'access')
  let listeningTo: string | undefined
  let stop = () => {}

  const update = () => {
    const [read] = cache.findAll({ queryKey, type: 'active' })
    // Only accesses are cached under these keys. Before the first one is there, nothing is there to be changed.
    const customerId = (read?.state.data as CustomerAccess | undefined)?.customerId
    if (customerId === listeningTo) return
    stop()
    stop = customerId === undefined ? () => {} : keepOpen(open)
    listeningTo = customerId
  }
  cache.subscribe(({ type, query }) => {
    if (String(query.queryKey[0]) !== String(queryKey)) return
    if (type === 'observerRemoved') setTimeout(update, LINGER_MS)
    else update()
  })
  update()
}
