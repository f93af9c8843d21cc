import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Program } from './program.ts'

/** What one run of the compiler took, as it says itself. */
export interface CompilerFigures {
  readonly checkTimeS: number
  readonly totalTimeS: number
  readonly instantiations: number
  readonly types: number
  readonly memoryMb: number
}

/** A program on disk. */
export interface PlacedProgram {
  /** Throws with the compiler's own words when the program does not compile. */
  check(args?: readonly string[]): Promise<CompilerFigures>
}

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const tsc = join(root, 'node_modules/.bin/tsc')

/** Brings the declarations up to date that the programs are checked against: an application has those, and not the sources. */
export async function buildDeclarations(): Promise<void> {
  await compile(['-b', join(root, 'packages/server/tsconfig.build.json')])
}

/** Writes programs into a folder from where packages are found as in any application, and removes it afterwards. */
export async function withPrograms<$Name extends string, T>(
  programs: Readonly<Record<$Name, Program>>,
  use: (placed: Readonly<Record<$Name, PlacedProgram>>) => Promise<T>,
): Promise<T> {
  const cache = join(root, 'bench/node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'types-'))
  try {
    const placed: [string, PlacedProgram][] = []
    for (const [name, program] of Object.entries<Program>(programs)) {
      const own = join(folder, name)
      await mkdir(own)
      await writeFile(join(own, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
      for (const [path, text] of program) await writeFile(join(own, path), text)
      placed.push([name, { check: (args = []) => check(own, args) }])
    }
    // The names are those that were given.
    return await use(Object.fromEntries(placed) as Record<$Name, PlacedProgram>)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const compilerOptions = {
  target: 'es2024',
  lib: ['es2025', 'dom'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
}

async function check(folder: string, args: readonly string[]): Promise<CompilerFigures> {
  const stdout = await compile(['-p', folder, '--extendedDiagnostics', ...args])
  const figure = (name: string): number => {
    const [, value] = new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(stdout) ?? []
    if (value === undefined) throw new Error(`the compiler says nothing of '${name}'`)
    return Number(value)
  }
  return {
    checkTimeS: figure('Check time'),
    totalTimeS: figure('Total time'),
    instantiations: figure('Instantiations'),
    types: figure('Types'),
    memoryMb: figure('Memory used') / 1_000,
  }
}

async function compile(args: readonly string[]): Promise<string> {
  const { stdout } = await run(tsc, args).catch((error: { readonly stdout?: string }) => {
    throw new Error(`it does not compile:\n${error.stdout?.slice(0, 2_000)}`, { cause: error })
  })
  return stdout
}
