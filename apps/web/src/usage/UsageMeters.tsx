import { poolsOf } from '@tollgate/features'
import { features } from '../../catalog.ts'
import { useCustomer, useFeature } from '../client.ts'
import { BalanceMeter } from '../components/BalanceMeter.tsx'
import { Card } from '../components/Card.tsx'
import { NotKnown } from '../components/NotKnown.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { formatDistance, formatMoment, formatUnits } from '../format.ts'
import { unitNames } from '../plans/planTerms.ts'

/** What is left of each balance, and when it comes back. */
export function UsageMeters() {
  return (
    <div className="grid gap-4 md:grid-cols-3">
      <BalanceCard featureId="credits" label="Credits" />
      <BalanceCard featureId="messages" label="Messages" />
      <BalanceCard featureId="seats" label="Seats" />
    </div>
  )
}

function BalanceCard({ featureId, label }: { readonly featureId: 'credits' | 'messages' | 'seats'; readonly label: string }) {
  const feature = useFeature(featureId)
  const customer = useCustomer()
  if (feature.status !== 'ready' || customer.status !== 'ready')
    return (
      <Card>
        <div className="min-h-26">
          <p className="font-medium">{label}</p>
          {feature.status === 'loading' ? <Skeleton className="mt-1.5 h-18.5" /> : <NotKnown className="mt-1.5" />}
        </div>
      </Card>
    )
  const { balance, used, granted, unlimited, resetsAt } = feature
  return (
    <Card>
      <div className="flex min-h-26 flex-col" data-testid={`meter-${featureId}`} data-remaining={balance}>
        <BalanceMeter
          label={label}
          used={used}
          granted={granted}
          remaining={balance === 'unlimited' ? 0 : balance}
          unlimited={unlimited}
          unit={featureId === 'seats' ? 'free' : 'left'}
        />
        <p className="mt-3 text-caption text-muted">{worthOf(featureId, balance)}</p>
        <p className="mt-auto pt-2 text-caption text-muted">
          {resetsAt === null
            ? resetless[featureId]
            : `Resets ${formatMoment(resetsAt, customer.at)}, ${formatDistance(resetsAt, customer.at)}`}
        </p>
      </div>
    </Card>
  )
}

const resetless = {
  credits: 'Never resets',
  messages: 'Nothing to reset',
  seats: 'A seat is free again when its member leaves',
} as const

/** What a balance is good for: `Enough for 10 images or 100 API calls`. */
function worthOf(featureId: 'credits' | 'messages' | 'seats', balance: number | 'unlimited'): string {
  if (featureId === 'messages') return 'Briefings and summaries'
  if (featureId === 'seats') return 'Members of the organisation'
  const worths = (['image_gen', 'api_calls'] as const).map((id) => {
    const cost = poolsOf(features, id)[0]?.cost ?? 1
    return balance === 'unlimited' ? unitNames(id).plural : formatUnits(Math.floor(balance / cost), unitNames(id))
  })
  return `Enough for ${worths.join(' or ')}${balance === 'unlimited' ? ' without limit' : ''}`
}
