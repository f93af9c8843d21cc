import { type Measurement, RUSH } from './measure.ts'

/** A table of the contenders with one latency. */
export function tableOf(measurements: readonly Measurement[]): string {
  const [first] = measurements
  if (first === undefined) return ''
  const rows = measurements.map(({ contender, p50Ms, p99Ms, roundTripsPerCall, throughRange: [fewest, most] }) => [
    contender,
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    roundTripsPerCall.toFixed(2),
    fewest === most ? `${most}` : `${fewest}–${most}`,
  ])
  const head = [`+${first.latencyMs} ms a round trip`, 'p50 ms', 'p99 ms', 'round trips', `through of ${RUSH} on 10`]
  const lines = [head, ...rows].map(([name = '', ...cells]) =>
    [name.padEnd(24), ...cells.map((cell, index) => cell.padStart(head[index + 1]?.length ?? 0))].join('  '),
  )
  return ['', ...lines].join('\n')
}
