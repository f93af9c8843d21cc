import { useCustomer, useFeature } from '../client.ts'
import { BalanceMeter } from '../components/BalanceMeter.tsx'
import { NotKnown } from '../components/NotKnown.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { formatDistance } from '../format.ts'

/** What is left, wherever one is. */
export function BalanceSummary() {
  return (
    <div className="flex flex-col gap-3" data-testid="balances">
      <Summary featureId="credits" label="Credits" />
      <Summary featureId="messages" label="Messages" />
      <NextReset />
    </div>
  )
}

function Summary({ featureId, label }: { readonly featureId: 'credits' | 'messages'; readonly label: string }) {
  const feature = useFeature(featureId)
  if (feature.status !== 'ready')
    return (
      <div className="min-h-7.5 text-caption">
        <p className="font-medium">{label}</p>
        {feature.status === 'loading' ? <Skeleton className="mt-1.5 h-1.5" /> : <NotKnown />}
      </div>
    )
  const { used, granted, balance, unlimited } = feature
  const remaining = balance === 'unlimited' ? 0 : balance
  return (
    <div data-testid={`balance-${featureId}`} data-remaining={balance}>
      <BalanceMeter
        label={label}
        used={used}
        granted={granted}
        remaining={remaining}
        unlimited={unlimited}
        unit="left"
        className="text-caption"
      />
    </div>
  )
}

function NextReset() {
  const credits = useFeature('credits')
  const customer = useCustomer()
  if (credits.status === 'loading') return <Skeleton className="h-4.5 w-28" />
  if (credits.status !== 'ready' || customer.status !== 'ready') return null
  return (
    <p className="text-caption text-muted">
      {credits.resetsAt === null ? 'Does not reset' : `Resets ${formatDistance(credits.resetsAt, customer.at)}`}
    </p>
  )
}
