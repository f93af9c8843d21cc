import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Round } from './procedures/load.ts'
import { type LoadRunner, type ServerRunner, startLoad, startServer } from './procedures/runners.ts'

interface Options {
  readonly json?: string
  readonly profile?: string
  readonly rounds: number
  readonly seconds: number
  readonly inFlight: number
}

/** How often one way of calling takes how long; medians over all rounds. */
interface Figures {
  /** Wall-clock time per call, in µs. */
  readonly us: number
  /** CPU time of the server's process per call, all of its threads together, in µs. */
  readonly cpuUs: number
  readonly p50Ms?: number
  readonly p99Ms?: number
}

/** One way of calling a metered procedure, beside the bare one in the same rounds. */
interface Comparison {
  readonly name: string
  readonly bare: Figures
  readonly metered: Figures
  /** Metered ÷ bare: the median of the rounds' ratios, not the ratio of the medians. */
  readonly ratio: number
  readonly cpuRatio: number
  readonly ratios: readonly number[]
}

interface Pair {
  readonly bare: Figures
  readonly metered: Figures
}

const options = new Command()
  .description('Measures what metering adds to a procedure, beside the same procedure bare, on a durable file.')
  .option('--json <file>', 'write the measurements to a file')
  .option('--profile <folder>', 'leave CPU profiles of the two servers in a folder')
  .option('--rounds <number>', 'how often each load is repeated: the medians are told', Number, 9)
  .option('--seconds <number>', 'how long each load lasts', Number, 1)
  .option('--in-flight <number>', 'calls under way at any time', Number, 64)
  .parse()
  .opts<Options>()

/** pnpm starts the script in this package's folder; a path is meant from where the person stands. */
const fromHere = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path)

const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'))
const profileFolder = options.profile === undefined ? null : fromHere(options.profile)
const load = startLoad()
try {
  const bare = await startServer('bare', '', profileFolder)
  const metered = await startServer('metered', join(folder, 'usage.db'), profileFolder)
  const comparisons = [
    await compare(
      'app.request, 1 at a time',
      () => called(bare, 1, 500),
      () => called(metered, 1, 500),
    ),
    await compare(
      `app.request, ${options.inFlight} at a time`,
      () => called(bare, options.inFlight, 4_000),
      () => called(metered, options.inFlight, 4_000),
    ),
    await compare(
      `socket, ${options.inFlight} in flight`,
      () => loaded(bare, load, false),
      () => loaded(metered, load, false),
    ),
    await compare(
      `socket, ${options.inFlight} in flight, each call with an operation id`,
      () => loaded(bare, load, true),
      () => loaded(metered, load, true),
    ),
  ]
  await Promise.all([bare.close(), metered.close()])
  process.stdout.write(`${comparisons.map(lineOf).join('\n')}\n`)
  if (options.json !== undefined)
    await writeFile(fromHere(options.json), `${JSON.stringify({ node: process.version, comparisons }, null, 2)}\n`)
} finally {
  load.close()
  await rm(folder, { recursive: true, force: true })
}

/** Alternates between the two, so that what else the machine does hits both; the first round of each warms up and does not count. */
async function compare(name: string, bare: () => Promise<Figures>, metered: () => Promise<Figures>): Promise<Comparison> {
  const pairs: Pair[] = []
  for (let round = 0; round <= options.rounds; round++) {
    if (round % 2 === 0) pairs.push({ bare: await bare(), metered: await metered() })
    else {
      const second = await metered()
      pairs.push({ bare: await bare(), metered: second })
    }
  }
  const measured = pairs.slice(1)
  const ratios = measured.map((pair) => pair.metered.us / pair.bare.us)
  return {
    name,
    bare: medianOf(measured.map((pair) => pair.bare)),
    metered: medianOf(measured.map((pair) => pair.metered)),
    ratio: median(ratios),
    cpuRatio: median(measured.map((pair) => pair.metered.cpuUs / pair.bare.cpuUs)),
    ratios,
  }
}

function called(server: ServerRunner, inFlight: number, calls: number): Promise<Figures> {
  return server.call(inFlight, calls)
}

async function loaded(server: ServerRunner, runner: LoadRunner, named: boolean): Promise<Figures> {
  const { inFlight, seconds } = options
  const before = await server.cpuUs()
  const round: Round = await runner.round({ port: server.port, inFlight, named, durationMs: seconds * 1_000 })
  const cpuUs = ((await server.cpuUs()) - before) / round.answers
  return { us: (round.elapsedMs / round.answers) * 1_000, cpuUs, p50Ms: round.p50Ms, p99Ms: round.p99Ms }
}

function medianOf(figures: readonly Figures[]): Figures {
  const of = (pick: (each: Figures) => number): number => median(figures.map(pick))
  const { p50Ms, p99Ms } = figures[0] ?? {}
  return {
    us: of((each) => each.us),
    cpuUs: of((each) => each.cpuUs),
    ...(p50Ms !== undefined && { p50Ms: of((each) => each.p50Ms ?? Number.NaN) }),
    ...(p99Ms !== undefined && { p99Ms: of((each) => each.p99Ms ?? Number.NaN) }),
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function lineOf({ name, bare, metered, ratio, cpuRatio, ratios }: Comparison): string {
  const figures = ({ us, cpuUs, p50Ms, p99Ms }: Figures): string => {
    const tail = p50Ms === undefined || p99Ms === undefined ? '' : `, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
    return `${us.toFixed(1)} µs (${Math.round(1e6 / us).toLocaleString('en-US')}/s, CPU ${cpuUs.toFixed(1)} µs${tail})`
  }
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
  return `${name}: ${ratio.toFixed(2)}× (${spread}; CPU ${cpuRatio.toFixed(2)}×)\n  bare    ${figures(bare)}\n  metered ${figures(metered)}`
}
