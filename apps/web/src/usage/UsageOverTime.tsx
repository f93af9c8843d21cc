import { featureName } from '@tollgate/features'
import { ChartNoAxesColumn } from 'lucide-react'
import { useState } from 'react'
import { features } from '../../catalog.ts'
import { useUsage } from '../client.ts'
import { Card } from '../components/Card.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { Notice } from '../components/Notice.tsx'
import { Segments } from '../components/Segments.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { messageOf } from '../messageOf.ts'
import { type Bin, binsUntil } from './bins.ts'
import { type ChartedId, chartedFeatures, UsageChart } from './UsageChart.tsx'

const bins = [
  { value: 'hour', label: 'Hours' },
  { value: 'day', label: 'Days' },
  { value: 'month', label: 'Months' },
] as const

/** How much was used when, by feature. `now` is the time on the organisation's clock. */
export function UsageOverTime({ now }: { readonly now: number }) {
  const [bin, setBin] = useState<Bin>('day')
  const [shown, setShown] = useState<readonly ChartedId[]>(chartedFeatures.map(({ id }) => id))
  const { starts, end } = binsUntil(now, bin)
  const usage = useUsage({ featureIds: chartedFeatures.map(({ id }) => id), from: starts[0] ?? 0, until: end, bin })
  const points = starts.map((at) => ({ at, units: usage.data?.find((point) => point.at === at)?.units ?? {} }))
  const isEmpty = usage.data?.every(({ units }) => Object.values(units).every((count) => count === 0)) ?? false
  return (
    <Card title="Over time" aside={<Segments label="Width of a bar" value={bin} options={bins} onChange={setBin} />}>
      <ul aria-label="Features in the chart" className="mb-4 flex flex-wrap gap-x-2 gap-y-1">
        {chartedFeatures.map(({ id, color }) => {
          const isShown = shown.includes(id)
          return (
            <li key={id}>
              <button
                type="button"
                aria-pressed={isShown}
                onClick={() => setShown(isShown ? shown.filter((each) => each !== id) : [...shown, id])}
                className={`inline-flex h-8 items-center gap-2 rounded-full border px-3 text-caption ${isShown ? 'border-line bg-surface' : 'border-transparent text-muted line-through'}`}
              >
                <span aria-hidden="true" className="size-2.5 rounded-full" style={{ background: isShown ? color : 'var(--line)' }} />
                {featureName(features, id)}
              </button>
            </li>
          )
        })}
      </ul>
      {usage.error && <Notice kind="bad">{messageOf(usage.error)}</Notice>}
      {usage.data === undefined && !usage.error && <Skeleton className="h-72" />}
      {usage.data !== undefined &&
        (isEmpty ? (
          <div className="grid h-72">
            <EmptyState icon={ChartNoAxesColumn} title="Nothing used in this time">
              What you generate, write and call is drawn here.
            </EmptyState>
          </div>
        ) : (
          <UsageChart points={points} bin={bin} shown={shown} />
        ))}
    </Card>
  )
}
