import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { buildDeclarations, type CompilerFigures, type PlacedProgram, withPrograms } from './types/compiler.ts'
import { programOf } from './types/program.ts'

interface Options {
  readonly rounds: number
  readonly features: number
  readonly procedures: number
  readonly json?: string
}

type Figure = keyof CompilerFigures

interface Comparison {
  readonly bare: CompilerFigures
  readonly metered: CompilerFigures
  /** metered ÷ bare: the median of the rounds' own ratios. */
  readonly ratio: CompilerFigures
}

/** As it is run, and with one checker, where nothing is worked out twice. */
const modes = { tsc: [], 'tsc --singleThreaded': ['--singleThreaded'] } as const
type Mode = keyof typeof modes

const { json, ...options } = new Command()
  .description(
    "What metering costs the compiler: a router of metered procedures, with its registry and plans, against the same router unmetered.\nBoth are checked against the packages' built declarations, as an application sees them, in turns.",
  )
  .option('--rounds <number>', 'how often each is checked', Number, 9)
  .option('--procedures <number>', 'metered procedures, in routers of 20', Number, 300)
  .option('--features <number>', 'features in the registry', Number, 200)
  .option('--json <file>', 'write the figures to a file')
  .addHelpText('after', '\nExample:\n  pnpm bench:types --rounds 5 --json types.json')
  .parse()
  .opts<Options>()

await buildDeclarations()
const size = { ...options, perRouter: 20 }
process.stdout.write(`${options.procedures} procedures over ${options.features} features, medians of ${options.rounds} rounds\n`)
const report = await withPrograms({ bare: programOf('bare', size), metered: programOf('metered', size) }, async ({ bare, metered }) => {
  const compared: [Mode, Comparison][] = []
  for (const mode of Object.keys(modes) as readonly Mode[]) {
    const comparison = await compare(bare, metered, modes[mode])
    process.stdout.write(`\n${tableOf(mode, comparison)}\n`)
    compared.push([mode, comparison])
  }
  return compared
})
if (json !== undefined) {
  const figures = { ...options, cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, modes: Object.fromEntries(report) }
  // pnpm starts the script in this package's folder; the path is meant from where the person stands.
  await writeFile(resolve(process.env['INIT_CWD'] ?? '.', json), `${JSON.stringify(figures, null, 2)}\n`)
}

/** Checks the two in turns, each first as often as the other, so that what else the machine does hits both. */
async function compare(bare: PlacedProgram, metered: PlacedProgram, args: readonly string[]): Promise<Comparison> {
  const rounds: { readonly bare: CompilerFigures; readonly metered: CompilerFigures }[] = []
  for (let round = 0; round < options.rounds; round++) {
    if (round % 2 === 0) rounds.push({ bare: await bare.check(args), metered: await metered.check(args) })
    else {
      const second = await metered.check(args)
      rounds.push({ bare: await bare.check(args), metered: second })
    }
  }
  return {
    bare: medians(rounds.map((round) => round.bare)),
    metered: medians(rounds.map((round) => round.metered)),
    ratio: medians(rounds.map((round) => figuresOf((figure) => round.metered[figure] / round.bare[figure]))),
  }
}

function medians(of: readonly CompilerFigures[]): CompilerFigures {
  return figuresOf((figure) => {
    const sorted = of.map((each) => each[figure]).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  })
}

function figuresOf(figureOf: (figure: Figure) => number): CompilerFigures {
  return {
    checkTimeS: figureOf('checkTimeS'),
    totalTimeS: figureOf('totalTimeS'),
    instantiations: figureOf('instantiations'),
    types: figureOf('types'),
    memoryMb: figureOf('memoryMb'),
  }
}

function tableOf(mode: string, { bare, metered, ratio }: Comparison): string {
  const row = (name: string, cells: readonly string[]): string => `${name.padEnd(22)}${cells.map((cell) => cell.padStart(12)).join('')}`
  const figure = (name: string, of: Figure, digits: number): string => {
    const told = (value: number): string => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    return row(name, [told(bare[of]), told(metered[of]), `${ratio[of].toFixed(2)}×`])
  }
  return [
    row(mode, ['bare', 'metered', 'ratio']),
    figure('instantiations', 'instantiations', 0),
    figure('check time, s', 'checkTimeS', 2),
    figure('total time, s', 'totalTimeS', 2),
    figure('types', 'types', 0),
    figure('memory, MB', 'memoryMb', 0),
  ].join('\n')
}
