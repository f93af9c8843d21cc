import type { TimelineEvent } from '../../api/devtools/timeline.ts'
import { ScrollRegion } from '../components/ScrollRegion.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { formatNumber } from '../format.ts'

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 })

const tints: Readonly<Record<string, string>> = {
  denied: 'text-warn',
  failed: 'text-bad',
  conflict: 'text-bad',
  committed: 'text-good',
  held: 'text-accent-text',
}

/** Checks, holds, commits and denials, the newest first, with the time that each took. */
export function TimelineTable({ events }: { readonly events: readonly TimelineEvent[] | undefined }) {
  if (events === undefined) return <Skeleton className="m-4 h-40" />
  if (events.length === 0) return <p className="p-4 text-muted">Nothing was spent or refused yet. Use the studio, and it appears here.</p>
  return (
    <ScrollRegion label="Timeline">
      <table className="w-full min-w-160 text-left text-caption">
        <thead className="sticky top-0 bg-surface text-muted">
          <tr>
            {['Time', 'Asked', 'For', 'Units', 'Answer', 'Took'].map((name) => (
              <th key={name} scope="col" className="px-4 py-2 font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="tabular-nums">
          {events.toReversed().map(({ id, at, kind, procedure, units, outcome, reason, durationMs }) => (
            <tr key={id} className="border-line border-t">
              <td className="px-4 py-1.5 whitespace-nowrap text-muted">{time.format(at)}</td>
              <td className="px-4 py-1.5 font-medium">{kind}</td>
              <td className="px-4 py-1.5">{procedure ?? '–'}</td>
              <td className="px-4 py-1.5 whitespace-nowrap">
                {units.map((each) => `${formatNumber(each.units)} ${each.featureId}`).join(', ') || '–'}
              </td>
              <td className={`px-4 py-1.5 ${tints[outcome] ?? ''}`}>
                {outcome}
                {reason !== null && `: ${reason}`}
              </td>
              <td className="px-4 py-1.5 whitespace-nowrap">{formatNumber(durationMs)} ms</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}
