import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Meter } from './meter.ts'
import { call, type WorkloadName } from './workload.ts'

/** What is done to a meter in one go. */
export interface Slot {
  readonly workload: WorkloadName
  /** Calls under way at any time. */
  readonly inFlight: number
  /** Over how many customers the calls are spread, at random. */
  readonly customers: number
  readonly seconds: number
}

export interface SlotResult {
  /** Of the time until everything was done that the calls had left to do: folded, moved, closed. */
  readonly callsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How late the event loop was for a timer. */
  readonly loopP99Ms: number
  readonly loopMaxMs: number
  /** Of all threads, until everything was done. */
  readonly cpuUsPerCall: number
  readonly rssMb: number
}

const WARM_UP_SECONDS = 0.3

/** Makes calls to an open meter for a while, then closes it. */
export async function runSlot(meter: Meter, slot: Slot): Promise<SlotResult> {
  const ids = Array.from({ length: slot.customers }, (_, index) => `customer-${index}`)
  await Promise.all(ids.map((id) => meter.execute(id, { kind: 'touch' }, { create: true })))
  await load(meter, slot, ids, WARM_UP_SECONDS)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  delay.enable()
  const latencies = await load(meter, slot, ids, slot.seconds)
  delay.disable()
  const rssMb = process.memoryUsage().rss / 1e6
  await meter.close()
  const cpu = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedAt) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
  return {
    callsPerSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    loopP99Ms: delay.percentile(99) / 1e6,
    loopMaxMs: delay.max / 1e6,
    cpuUsPerCall: (cpu.user + cpu.system) / latencies.length,
    rssMb,
  }
}

async function load(meter: Meter, { workload, inFlight }: Slot, ids: readonly string[], seconds: number): Promise<number[]> {
  const latencies: number[] = []
  const endAt = performance.now() + seconds * 1_000
  const caller = async (): Promise<void> => {
    for (let now = performance.now(); now < endAt; ) {
      await call(meter, workload, ids[Math.floor(Math.random() * ids.length)] ?? '')
      const done = performance.now()
      latencies.push(done - now)
      now = done
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return latencies
}
