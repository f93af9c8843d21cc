import { featureName } from '@tollgate/features'
import { Bar, BarChart, BarStack, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { features } from '../../catalog.ts'
import { formatNumber } from '../format.ts'
import { type Bin, formatBin, labelledStarts } from './bins.ts'

/** The features whose use is drawn, each in its colour. */
export const chartedFeatures = [
  { id: 'image_gen', color: 'var(--chart-1)' },
  { id: 'messages', color: 'var(--chart-2)' },
  { id: 'api_calls', color: 'var(--chart-3)' },
] as const

export type ChartedId = (typeof chartedFeatures)[number]['id']

export interface UsagePoint {
  readonly at: number
  readonly units: Readonly<Record<string, number>>
}

export interface UsageChartProps {
  readonly points: readonly UsagePoint[]
  readonly bin: Bin
  readonly shown: readonly ChartedId[]
}

/** Bars of units over time, one colour for each feature; the same numbers are in a table for those who do not see it. */
export function UsageChart({ points, bin, shown }: UsageChartProps) {
  const rows = points.map(({ at, units }) => ({ at, ...units }))
  const drawn = chartedFeatures.filter(({ id }) => shown.includes(id))
  return (
    <figure aria-label="Units used over time">
      <div aria-hidden="true" className="h-72 overflow-hidden [&_svg]:max-w-full">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={rows} margin={{ top: 8, right: 20, bottom: 0, left: -16 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              tickFormatter={(at: number) => formatBin(at, bin)}
              tick={{ fill: 'var(--muted)', fontSize: 13 }}
              tickLine={false}
              axisLine={{ stroke: 'var(--line)' }}
              ticks={[...labelledStarts(points, bin)]}
              interval={0}
            />
            <YAxis allowDecimals={false} tick={{ fill: 'var(--muted)', fontSize: 13 }} tickLine={false} axisLine={false} />
            <Tooltip
              cursor={{ fill: 'var(--sunken)' }}
              labelFormatter={(at) => `${formatBin(Number(at), bin)} UTC`}
              contentStyle={{ background: 'var(--surface)', border: '1px solid var(--line)', borderRadius: 12, boxShadow: 'var(--shadow)' }}
              labelStyle={{ color: 'var(--muted)', fontSize: 13 }}
              itemStyle={{ color: 'var(--ink)' }}
            />
            <BarStack radius={[4, 4, 0, 0]}>
              {drawn.map(({ id, color }) => (
                <Bar key={id} dataKey={id} name={featureName(features, id)} fill={color} maxBarSize={36} isAnimationActive={false} />
              ))}
            </BarStack>
          </BarChart>
        </ResponsiveContainer>
      </div>
      <table className="sr-only">
        <caption>Units used by {bin}</caption>
        <thead>
          <tr>
            <th scope="col">Time (UTC)</th>
            {drawn.map(({ id }) => (
              <th key={id} scope="col">
                {featureName(features, id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points
            .filter(({ units }) => drawn.some(({ id }) => (units[id] ?? 0) !== 0))
            .map(({ at, units }) => (
              <tr key={at}>
                <th scope="row">{formatBin(at, bin)}</th>
                {drawn.map(({ id }) => (
                  <td key={id}>{formatNumber(units[id] ?? 0)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  )
}
