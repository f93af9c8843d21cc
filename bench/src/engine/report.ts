import type { ContenderName } from './meter.ts'
import type { Slot, SlotResult } from './slot.ts'
import type { UpkeepResult } from './upkeep.ts'

/** The medians of one contender's rounds under one load, and what they are of others'. */
export interface Measurement extends SlotResult, Omit<Slot, 'seconds'> {
  readonly contender: ContenderName
  /** The slowest and the fastest round, in calls a second. */
  readonly range: readonly [number, number]
  /** Times as fast as another contender, round by round, the median; null where there is nothing to compare. */
  readonly timesJournal: number | null
  readonly timesOwnNaive: number | null
}

type Results = ReadonlyMap<ContenderName, readonly SlotResult[]>

/** What each contender is without its batches. */
const NAIVE: { readonly [Name in ContenderName]?: ContenderName } = { sqlite: 'sqlite one by one', postgres: 'postgres naive' }

export function measurementOf(contender: ContenderName, { seconds: _, ...load }: Slot, results: Results): Measurement {
  const rounds = results.get(contender) ?? []
  const rates = rounds.map((round) => round.callsPerSecond)
  const of = (field: keyof SlotResult): number => median(rounds.map((round) => round[field]))
  const naive = NAIVE[contender]
  return {
    contender,
    ...load,
    callsPerSecond: Math.round(of('callsPerSecond')),
    range: [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))],
    p50Ms: rounded(of('p50Ms'), 3),
    p99Ms: rounded(of('p99Ms'), 3),
    loopP99Ms: rounded(of('loopP99Ms'), 2),
    loopMaxMs: rounded(of('loopMaxMs'), 2),
    cpuUsPerCall: rounded(of('cpuUsPerCall'), 1),
    rssMb: Math.round(of('rssMb')),
    timesJournal: contender === 'journal' ? null : timesAsFast(rounds, results.get('journal')),
    timesOwnNaive: naive === undefined ? null : timesAsFast(rounds, results.get(naive)),
  }
}

/** A table of the contenders under one load. */
export function tableOf(measurements: readonly Measurement[]): string {
  const [first] = measurements
  if (first === undefined) return ''
  const whom = first.customers === 1 ? 'on one customer' : `over ${first.customers.toLocaleString('en')} customers`
  const rows = measurements.map((each) => [
    each.contender.padEnd(18),
    `${each.callsPerSecond}/s`.padStart(9),
    `${each.range[0]}–${each.range[1]}`.padStart(15),
    each.p50Ms.toFixed(2).padStart(8),
    each.p99Ms.toFixed(2).padStart(8),
    each.loopP99Ms.toFixed(1).padStart(8),
    each.loopMaxMs.toFixed(1).padStart(8),
    each.cpuUsPerCall.toFixed(1).padStart(6),
    `${each.rssMb}`.padStart(6),
    timesOf(each.timesJournal).padStart(8),
    timesOf(each.timesOwnNaive).padStart(8),
  ])
  const heads = ['', 'calls', 'slowest–fastest', 'p50 ms', 'p99 ms', 'loop p99', 'loop max', 'cpu µs', 'MB', '×journal', '×naive']
  const widths = [18, 9, 15, 8, 8, 8, 8, 6, 6, 8, 8]
  const head = heads.map((text, index) => (index === 0 ? text.padEnd(18) : text.padStart(widths[index] ?? 0)))
  return [`\n${first.workload}, ${first.inFlight} in flight, ${whom}`, head.join(' '), ...rows.map((row) => row.join(' '))].join('\n')
}

/** A table of how long SQLite's work behind the path held the event loop. */
export function upkeepTableOf(results: readonly UpkeepResult[]): string {
  const rows = results.map(({ inFlight, turns, p99Ms, maxMs, over10Ms, maxCpuMs, over10CpuMs }) =>
    [
      `${inFlight}`.padStart(9),
      `${turns}`.padStart(9),
      p99Ms.toFixed(2).padStart(8),
      maxMs.toFixed(1).padStart(8),
      `${over10Ms}`.padStart(12),
      maxCpuMs.toFixed(1).padStart(10),
      `${over10CpuMs}`.padStart(12),
    ].join(' '),
  )
  const names = ['turns', 'p99 ms', 'max ms', 'over 10 ms', 'max CPU ms', 'CPU over 10']
  const head = ['in flight', ...names.map((name, index) => name.padStart([9, 8, 8, 12, 10, 12][index] ?? 0))].join(' ')
  return ['\nsqlite: the event loop held by folds and checkpoints, a turn', head, ...rows].join('\n')
}

function timesAsFast(rounds: readonly SlotResult[], others: readonly SlotResult[] | undefined): number | null {
  if (others === undefined) return null
  return rounded(median(rounds.map((round, index) => round.callsPerSecond / (others[index]?.callsPerSecond ?? Number.NaN))), 2)
}

function timesOf(times: number | null): string {
  return times === null ? '' : times.toFixed(2)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function rounded(value: number, places: number): number {
  return Number(value.toFixed(places))
}
