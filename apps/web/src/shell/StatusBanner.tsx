import { useCustomer } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Notice } from '../components/Notice.tsx'
import { useIsOnline } from './useIsOnline.ts'

/** Tells that what the page shows may be old: offline, or the meter does not answer. Neither is a refusal. */
export function StatusBanner() {
  const isOnline = useIsOnline()
  const customer = useCustomer()
  if (!isOnline)
    return (
      <Notice kind="offline" title="You are offline">
        Balances are as they were when the connection was lost. They come back by themselves.
      </Notice>
    )
  if (customer.error === null) return null
  return (
    <Notice
      kind="bad"
      title="Balances cannot be read right now"
      actions={
        <Button size="small" onClick={() => customer.refresh()}>
          Try again
        </Button>
      }
    >
      {customer.status === 'ready' ? 'What you see may be old.' : 'Nothing is lost. Your plan and your work are not affected.'}
    </Notice>
  )
}
