import { CONTENDERS, type Contender, type ContenderName, openContender } from './contenders.ts'
import type { RemoteServer } from './remoteServer.ts'

export interface Effort {
  readonly rounds: number
  /** Calls of one round. */
  readonly calls: number
  /** Calls under way at any time, each of a customer of its own. */
  readonly inFlight: number
  /** How long the work of a call takes. */
  readonly workMs: number
}

/** One round of one contender. */
interface Round {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly roundTripsPerCall: number
  /** Of `RUSH` calls at once on a balance of ten, those whose work was done. */
  readonly through: number
}

/** The medians of one contender's rounds with one latency. */
export interface Measurement extends Round {
  readonly contender: ContenderName
  /** Added to every round trip. */
  readonly latencyMs: number
  /** The fewest and the most that got through. */
  readonly throughRange: readonly [number, number]
}

export const RUSH = 50

/** Measures all contenders with one latency. They take turns, so that whatever else the machine does falls on all of them alike. */
export async function measureAll(
  server: RemoteServer,
  folder: string,
  latencyMs: number,
  effort: Effort,
  onProgress: (doing: string) => void,
): Promise<readonly Measurement[]> {
  await server.addLatency(latencyMs)
  const contenders = new Map<ContenderName, Contender>()
  const rounds = new Map<ContenderName, Round[]>(CONTENDERS.map((name) => [name, []]))
  for (const name of CONTENDERS) contenders.set(name, await openContender(name, { url: server.url, folder, workMs: effort.workMs }))
  // The first one warms everything up and is not counted.
  for (let round = 0; round <= effort.rounds; round++) {
    for (const [name, contender] of contenders) {
      onProgress(`+${latencyMs} ms, round ${round} of ${effort.rounds}: ${name}`)
      const measured = await measureRound(server, contender, `${name.replaceAll(/\W+/g, '-')}-${latencyMs}`, round, effort)
      if (round > 0) rounds.get(name)?.push(measured)
    }
  }
  for (const contender of contenders.values()) await contender.close()
  return CONTENDERS.map((name) => measurementOf(name, latencyMs, rounds.get(name) ?? []))
}

async function measureRound(server: RemoteServer, contender: Contender, id: string, round: number, effort: Effort): Promise<Round> {
  const lanes = Array.from({ length: effort.inFlight }, (_, lane) => `${id}-customer-${lane}`)
  if (round === 0) await Promise.all(lanes.map((customerId) => contender.meet(customerId)))
  const before = await server.roundTrips()
  const overheads = await load(contender, lanes, effort.calls)
  await contender.settled()
  const roundTrips = (await server.roundTrips()) - before
  const at = (share: number): number => overheads[Math.floor(overheads.length * share)] ?? Number.NaN
  const rushed = `${id}-rushed-${round}`
  return { p50Ms: at(0.5), p99Ms: at(0.99), roundTripsPerCall: roundTrips / overheads.length, through: await rush(contender, rushed) }
}

/** What metering adds to each call, sorted: the time of the call without the time of its work. */
async function load(contender: Contender, customerIds: readonly string[], calls: number): Promise<readonly number[]> {
  const overheads: number[] = []
  let left = calls
  const caller = async (customerId: string): Promise<void> => {
    while (left-- > 0) {
      const startedAt = performance.now()
      const workMs = await contender.call(customerId, 'messages')
      overheads.push(performance.now() - startedAt - workMs)
    }
  }
  await Promise.all(customerIds.map(caller))
  return overheads.sort((a, b) => a - b)
}

/** How many of many calls at once get through on a balance of ten. */
async function rush(contender: Contender, customerId: string): Promise<number> {
  await contender.meet(customerId)
  const call = async (): Promise<number> => {
    try {
      await contender.call(customerId, 'scarce')
      return 1
    } catch (error) {
      if (contender.isDenial(error)) return 0
      throw error
    }
  }
  const through = await Promise.all(Array.from({ length: RUSH }, call))
  await contender.settled()
  return through.reduce((sum, each) => sum + each, 0)
}

function measurementOf(contender: ContenderName, latencyMs: number, rounds: readonly Round[]): Measurement {
  const of = (field: keyof Round): number => median(rounds.map((round) => round[field]))
  const through = rounds.map((round) => round.through)
  return {
    contender,
    latencyMs,
    p50Ms: rounded(of('p50Ms')),
    p99Ms: rounded(of('p99Ms')),
    roundTripsPerCall: rounded(of('roundTripsPerCall')),
    through: of('through'),
    throughRange: [Math.min(...through), Math.max(...through)],
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
