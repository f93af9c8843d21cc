import { useSubscription } from '@trpc/tanstack-react-query'
import { trpc } from '../client.ts'

/** What the meter was asked about the organisation, told as it happens; undefined until the first answer. */
export function useTimeline() {
  return useSubscription(trpc.devtools.timeline.subscriptionOptions()).data
}
