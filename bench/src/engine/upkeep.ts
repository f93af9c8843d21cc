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
}

/** A span of time in which the loop was held for a known reason. */
interface Span {
  readonly start: number
  readonly end: number
}

const CUSTOMERS = 10_000

/**
 * Makes calls on a SQLite store and looks at each turn of the event loop: what is left of it without the batches, whose time is the calls', and
 * without collected garbage.
 */
export async function measureUpkeep(file: string, inFlight: number, seconds: number): Promise<UpkeepResult> {
  const spans: Span[] = []
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) spans.push({ start: startTime, end: startTime + duration })
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
  const left = unexplained(recorded, spans).sort((a, b) => a - b)
  return {
    inFlight,
    turns: left.length,
    p99Ms: left[Math.floor(left.length * 0.99)] ?? 0,
    maxMs: left.at(-1) ?? 0,
    over10Ms: left.filter((ms) => ms > 10).length,
  }
}

function timed(store: Store, spans: Span[]): Store {
  return {
    ...store,
    transact(works) {
      const start = performance.now()
      try {
        return store.transact(works)
      } finally {
        spans.push({ start, end: performance.now() })
      }
    },
  }
}

/** When each turn of the event loop began, until a time has come. */
function recordTurns(endAt: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const turns: number[] = []
    const turn = (): void => {
      const now = performance.now()
      turns.push(now)
      if (now < endAt) setImmediate(turn)
      else resolve(turns)
    }
    turn()
  })
}

/** The length of each turn without the spans that lie in it. */
function unexplained(turns: readonly number[], spans: readonly Span[]): number[] {
  const inOrder = [...spans].sort((a, b) => a.start - b.start)
  let next = 0
  return turns.slice(1).map((end, index) => {
    const start = turns[index] ?? end
    let explained = 0
    while (next < inOrder.length && (inOrder[next]?.end ?? 0) <= start) next++
    for (let at = next; at < inOrder.length; at++) {
      const span = inOrder[at]
      if (span === undefined || span.start >= end) break
      explained += Math.min(span.end, end) - Math.max(span.start, start)
    }
    // A collection may happen within a batch: time is not left over twice.
    return Math.max(0, end - start - explained)
  })
}
