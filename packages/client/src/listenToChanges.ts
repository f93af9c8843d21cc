import { keepOpen } from './keepOpen.ts'
import { isAccess } from './newestAccess.ts'
import { receiveAccess } from './receiveAccess.ts'
import type { UsageSource } from './usageSource.ts'

/**
 * Listens to what changes a customer's access from elsewhere: another tab, another device, a plan that was switched, a reset.
 *
 * It is told of whoever is signed in when the connection opens: stop it and listen again when that changes. Answers how to stop.
 */
export function listenToChanges({ client, queryClient, at }: UsageSource): () => void {
  return keepOpen(({ onHeard, onLost }) =>
    client.subscription(`${at}.changes`, undefined, {
      onData(change) {
        onHeard()
        // Each change comes with an id, by which the browser could go on where it was; the newest is all that counts.
        const access = (change as { readonly data?: unknown }).data
        if (isAccess(access)) receiveAccess(queryClient, at, access)
      },
      onError: onLost,
      onComplete: onLost,
    }),
  )
}
