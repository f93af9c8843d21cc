import type { ReactNode } from 'react'
import { formatNumber } from '../format.ts'
import { type FeatureKey, unitNames } from '../plans/planTerms.ts'
import { Skeleton } from './Skeleton.tsx'
import type { Prospect } from './SpendNotice.tsx'

export interface CostLineProps {
  readonly prospect: Prospect
  /** What the call takes, in units of the balance that pays. */
  readonly cost: number
  /** The balance that pays. */
  readonly paidBy: FeatureKey
  readonly upTo?: boolean
  readonly id?: string
}

/** What a call costs and what there is: `40 credits, 100 left`. */
export function CostLine({ prospect, cost, paidBy, upTo = false, id }: CostLineProps) {
  const names = unitNames(paidBy)
  return (
    <p id={id} className="min-h-6 text-muted tabular-nums">
      {upTo && 'Up to '}
      <strong className="font-semibold text-ink">
        {formatNumber(cost)} {cost === 1 ? names.singular : names.plural}
      </strong>
      {told(prospect)}
    </p>
  )
}

function told(prospect: Prospect): ReactNode {
  if (prospect.status !== 'ready') return prospect.status === 'loading' ? <Skeleton className="ml-2 inline-block h-3 w-14" /> : null
  const left = 'remaining' in prospect ? prospect.remaining : null
  return left === null ? null : left === 'unlimited' ? ', without limit' : `, ${formatNumber(left)} left`
}
