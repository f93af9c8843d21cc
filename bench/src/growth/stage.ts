import { createEngine, type Engine } from '@tollgate/engine'
import { openStore } from '@tollgate/engine/store'
import { call, catalog } from '../engine/workload.ts'

// One stage of the growth benchmark in a process of its own: `node stage.ts STAGE FILE CUSTOMERS ENTRIES`. What it has to say goes to the parent.

/** How far a stage has come, from 0 to 1, or what came of it. */
export type StageMessage = { readonly share: number } | { readonly result: FillResult | UseResult }

export interface FillResult {
  readonly entriesPerSecond: number
}

export interface UseResult {
  /** From asking for the store until the first customer was read. */
  readonly openMs: number
  readonly rssAfterOpenMb: number
  /** Calls at random over all customers: few of them are in memory. */
  readonly spread: CallTimes
  /** Calls on a thousand customers, as a busy hour has them. */
  readonly busy: CallTimes
  readonly checkUs: number
  readonly rssMb: number
}

export interface CallTimes {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const IN_FLIGHT = 64
const CALLS = 100_000
const BUSY_CUSTOMERS = 1_000

const [stage = '', file = '', customers = '0', entries = '0'] = process.argv.slice(2)
const population = Number(customers)

if (stage === 'fill') tell({ result: await fill(Number(entries)) })
else if (stage === 'crash') await crash()
else tell({ result: await use() })

function tell(message: StageMessage): void {
  process.send?.(message)
}

async function opened(): Promise<Engine> {
  const store = await openStore(`file:${file}`, Date.now)
  await store.saveCatalog(catalog, 0)
  return createEngine({ store, catalog })
}

/** Creates every customer, then lets them make calls in turn. */
async function fill(total: number): Promise<FillResult> {
  const engine = await opened()
  const startedAt = performance.now()
  let done = 0
  const progress = setInterval(() => tell({ share: done / total }), 1_000)
  await inParallel(256, population, async (index) => {
    await engine.execute(idOf(index), { kind: 'touch' }, { create: true })
    done += 1
  })
  // Round after round everyone has one call, so that whoever has the next left memory long ago.
  await inParallel(256, total - population, async (index) => {
    await call(engine, 'consume', idOf(index % population))
    done += 1
  })
  clearInterval(progress)
  await engine.close()
  return { entriesPerSecond: Math.round(total / ((performance.now() - startedAt) / 1_000)) }
}

/** Ends the way a process ends that is killed in the middle of its work. */
async function crash(): Promise<void> {
  const engine = await opened()
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 3_000)
  await inParallel(256, Number.POSITIVE_INFINITY, () => call(engine, 'consume', anyOf(population)))
}

async function use(): Promise<UseResult> {
  const openedAt = performance.now()
  const engine = await opened()
  await engine.customer(idOf(0))
  const openMs = performance.now() - openedAt
  const rssAfterOpenMb = rssMb()
  const spread = await timed(() => call(engine, 'consume', anyOf(population)))
  const busy = await timed(() => call(engine, 'consume', anyOf(BUSY_CUSTOMERS)))
  const checkedAt = performance.now()
  const items = [{ featureId: 'messages', units: 1n }]
  for (let index = 0; index < CALLS; index++) await engine.check(anyOf(population), { items, entityId: null, properties: null })
  const checkUs = ((performance.now() - checkedAt) * 1_000) / CALLS
  const result = { openMs, rssAfterOpenMb, spread, busy, checkUs, rssMb: rssMb() }
  await engine.close()
  return result
}

async function timed(act: () => Promise<void>): Promise<CallTimes> {
  const times: number[] = []
  const startedAt = performance.now()
  await inParallel(IN_FLIGHT, CALLS, async () => {
    const calledAt = performance.now()
    await act()
    times.push(performance.now() - calledAt)
  })
  const perSecond = Math.round(CALLS / ((performance.now() - startedAt) / 1_000))
  times.sort((a, b) => a - b)
  return { perSecond, p50Ms: times[CALLS / 2] ?? 0, p99Ms: times[Math.floor(CALLS * 0.99)] ?? 0 }
}

async function inParallel(callers: number, count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

function idOf(index: number): string {
  return `customer-${index}`
}

function anyOf(count: number): string {
  return idOf(Math.floor(Math.random() * count))
}

function rssMb(): number {
  return process.memoryUsage().rss / 1e6
}
