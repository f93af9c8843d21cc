import { PerformanceObserver } from 'node:perf_hooks'
import { createEngine } from '@tollgate/engine'
import { openStore, type Store } from '@tollgate/engine/store'
import { call, catalog } from './workload.ts'

/** How long the work behind the path of a call held the event loop, a turn: folds, checkpoints, forgetting. */
export interface UpkeepResult {
  readonly inFlight: number
  readonly turns: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Turns held for longer than 10 ms. */
  readonly over10Ms: number
  /** The longest turn in CPU time of the loop's thread: without what it waited for the processor and the disk. */
  readonly maxCpuMs: number
  /** Turns of more than 10 ms of CPU time. */
  readonly over10CpuMs: number
}

/** A span of time in which the loop was held for a known reason. */
interface Span {
  readonly start: number
  readonly end: number
  readonly cpuMs: number
}

/** When a turn of the event loop began, and the CPU time of its thread until then. */
interface Turn {
  readonly at: number
  readonly cpuMs: number
}

/** What is left of a turn. */
interface Left {
  readonly ms: number
  readonly cpuMs: number
}

const CUSTOMERS = 10_000

/**
 * Makes calls on a SQLite store and looks at each turn of the event loop: what is left of it without the batches, whose time is the calls', and
 * without collected garbage.
 */
export async function measureUpkeep(file: string, inFlight: number, seconds: number): Promise<UpkeepResult> {
  const spans: Span[] = []
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) spans.push({ start: startTime, end: startTime + duration, cpuMs: duration })
  })
  observer.observe({ entryTypes: ['gc'] })
  const store = timed(await openStore(`file:${file}`, Date.now), spans)
  await store.saveCatalog(catalog, 0)
  const engine = createEngine({ store, catalog })
  const ids = Array.from({ length: CUSTOMERS }, (_, index) => `customer-${index}`)
  await Promise.all(ids.map((id) => engine.execute(id, { kind: 'touch' }, { create: true })))

  spans.length = 0
  const endAt = performance.now() + seconds * 1_000
  const turns = recordTurns(endAt)
  const caller = async (): Promise<void> => {
    while (performance.now() < endAt) await call(engine, 'consume', ids[Math.floor(Math.random() * CUSTOMERS)] ?? '')
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  const recorded = await turns
  await engine.close()
  observer.disconnect()
  const left = unexplained(recorded, spans).sort((a, b) => a.ms - b.ms)
  return {
    inFlight,
    turns: left.length,
    p99Ms: left[Math.floor(left.length * 0.99)]?.ms ?? 0,
    maxMs: left.at(-1)?.ms ?? 0,
    over10Ms: left.filter(({ ms }) => ms > 10).length,
    maxCpuMs: left.reduce((max, { cpuMs }) => Math.max(max, cpuMs), 0),
    over10CpuMs: left.filter(({ cpuMs }) => cpuMs > 10).length,
  }
}

function timed(store: Store, spans: Span[]): Store {
  return {
    ...store,
    transact(works, whenWritten) {
      const start = performance.now()
      const cpuBefore = threadCpuMs()
      try {
        return store.transact(works, whenWritten)
      } finally {
        spans.push({ start, end: performance.now(), cpuMs: threadCpuMs() - cpuBefore })
      }
    },
  }
}

/** When each turn of the event loop began, until a time has come. */
function recordTurns(endAt: number): Promise<readonly Turn[]> {
  return new Promise((resolve) => {
    const turns: Turn[] = []
    const turn = (): void => {
      const at = performance.now()
      turns.push({ at, cpuMs: threadCpuMs() })
      if (at < endAt) setImmediate(turn)
      else resolve(turns)
    }
    turn()
  })
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** Each turn without the spans that lie in it. */
function unexplained(turns: readonly Turn[], spans: readonly Span[]): Left[] {
  const inOrder = [...spans].sort((a, b) => a.start - b.start)
  let next = 0
  return turns.slice(1).map((end, index) => {
    const start = turns[index] ?? end
    let ms = end.at - start.at
    let cpuMs = end.cpuMs - start.cpuMs
    while (next < inOrder.length && (inOrder[next]?.end ?? 0) <= start.at) next++
    for (let at = next; at < inOrder.length; at++) {
      const span = inOrder[at]
      if (span === undefined || span.start >= end.at) break
      const overlap = Math.min(span.end, end.at) - Math.max(span.start, start.at)
      ms -= overlap
      if (span.end > span.start) cpuMs -= span.cpuMs * (overlap / (span.end - span.start))
    }
    // A collection may happen within a batch: time is not left over twice.
    return { ms: Math.max(0, ms), cpuMs: Math.max(0, cpuMs) }
  })
}
