import type { Operation, TRPCLink } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { keepOpenWhileRead } from './keepOpenWhileRead.ts'
import { isAccess } from './newestAccess.ts'
import { receiveAccess } from './receiveAccess.ts'
import type { UsageLinkOptions } from './usageLink.ts'

/**
 * Listens to what changes balances from elsewhere (another tab, another device, a plan that was switched, a reset) for as long as the page
 * reads them, and puts the newest into the query cache.
 *
 * Needs a link behind it that carries subscriptions, such as `httpSubscriptionLink`.
 */
export function changesLink<TRouter extends AnyTRPCRouter>({ queryClient, at = 'usage' }: UsageLinkOptions): TRPCLink<TRouter> {
  // One at a time, so it needs no number of its own.
  const changes: Operation = { id: -1, type: 'subscription', path: `${at}.changes`, input: undefined, context: {}, signal: null }
  return () => {
    let isListening = false
    return ({ op, next }) => {
      if (!isListening && op.path === `${at}.access`) {
        isListening = true
        keepOpenWhileRead(queryClient, at, ({ onHeard, onLost }) =>
          next(changes).subscribe({
            next({ result }) {
              onHeard()
              const access = 'data' in result ? changed(result.data) : undefined
              if (access !== undefined) receiveAccess(queryClient, at, access)
            },
            error: onLost,
            complete: onLost,
          }),
        )
      }
      return next(op)
    }
  }
}

/** Each change comes with an id, by which a stream could go on where it was; the newest is all that counts here. */
function changed(change: unknown) {
  const access: unknown = Object(change).data
  return isAccess(access) ? access : undefined
}
