import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { startTestServer, type TestServer } from '../../packages/engine/src/store/postgres/testServer.fixture.ts'
import { CONTENDERS, type ContenderName } from './engine/meter.ts'
import { type Measurement, measurementOf, tableOf, upkeepTableOf } from './engine/report.ts'
import type { Slot, SlotResult } from './engine/slot.ts'
import type { UpkeepResult } from './engine/upkeep.ts'
import type { WorkloadName } from './engine/workload.ts'

interface Options {
  readonly json?: string
  readonly seconds: number
  readonly rounds: number
  readonly inFlight: readonly number[]
  readonly spread: readonly number[]
  readonly workloads: readonly WorkloadName[]
  readonly contenders: readonly ContenderName[]
}

const numbers = (text: string): readonly number[] => text.split(',').map(Number)
const words = (text: string): readonly string[] => text.split(',')

const options = new Command()
  .description('Measures the stores through the engine, beside a journal, memory and naive versions of themselves.')
  .option('--json <file>', 'write the measurements to a file')
  .option('--seconds <number>', 'how long each load lasts', Number, 2)
  .option('--rounds <number>', 'how often each load is repeated: the medians are told', Number, 3)
  .option('--in-flight <numbers>', 'calls under way at any time', numbers, [1, 16, 64, 256])
  .option('--spread <numbers>', 'over how many customers the calls are spread', numbers, [10_000, 1])
  .option('--workloads <names>', 'consume, reserve and commit', words, ['consume', 'reserve and commit'])
  .option('--contenders <names>', CONTENDERS.join(', '), words, CONTENDERS)
  .parse()
  .opts<Options>()

const server = options.contenders.some((name) => name.startsWith('postgres')) ? await startTestServer({ survivesPowerLoss: true }) : null
const runners = new Map<ContenderName, ChildProcess>()
try {
  for (const name of options.contenders) runners.set(name, await startRunner(name, server))
  const measurements = await measureAll()
  const upkeep = options.contenders.includes('sqlite') ? await measureUpkeep() : []
  const report = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, ...options, measurements, upkeep }
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  if (options.json !== undefined)
    await writeFile(resolve(process.env['INIT_CWD'] ?? '.', options.json), `${JSON.stringify(report, null, 2)}\n`)
} finally {
  for (const runner of runners.values()) runner.disconnect()
  await server?.stop()
}

async function measureAll(): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (const workload of options.workloads) {
    for (const customers of options.spread) {
      for (const inFlight of options.inFlight) {
        const measured = await measure({ workload, customers, inFlight, seconds: options.seconds })
        measurements.push(...measured)
        console.log(tableOf(measured))
      }
    }
  }
  return measurements
}

/** How long SQLite's folds and checkpoints hold the event loop. */
async function measureUpkeep(): Promise<readonly UpkeepResult[]> {
  const results: UpkeepResult[] = []
  for (const inFlight of options.inFlight) {
    const runner = fork(join(import.meta.dirname, 'engine', 'upkeepRunner.ts'), [
      String(inFlight),
      String(options.seconds * options.rounds),
    ])
    const [result] = await once(runner, 'message')
    results.push(result)
    runner.disconnect()
  }
  console.log(upkeepTableOf(results))
  return results
}

/** The contenders take turns, so that whatever else the machine does falls on all of them alike. */
async function measure(slot: Slot): Promise<readonly Measurement[]> {
  const results = new Map<ContenderName, SlotResult[]>(options.contenders.map((name) => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const name of rotated(options.contenders, round)) results.get(name)?.push(await runOn(name, slot))
  }
  return options.contenders.map((name) => measurementOf(name, slot, results))
}

function runOn(name: ContenderName, slot: Slot): Promise<SlotResult> {
  const runner = runners.get(name)
  if (runner === undefined) return Promise.reject(new Error(`'${name}' is no contender`))
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`'${name}' ended before its load did`))
    runner.once('exit', onExit)
    // The runner answers a slot with its result.
    runner.once('message', (result) => {
      runner.off('exit', onExit)
      resolve(result as SlotResult)
    })
    runner.send(slot)
  })
}

async function startRunner(name: ContenderName, postgres: TestServer | null): Promise<ChildProcess> {
  const url = name.startsWith('postgres') ? await postgres?.createDatabase() : undefined
  return fork(join(import.meta.dirname, 'engine', 'runner.ts'), [name, url ?? ''])
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
