import type { ImportGraph } from './importGraph.ts'

/** What each part of the repository may import; `everything` for the parts that only measure and prove. */
const mayImport = new Map<string, readonly string[] | 'everything'>([
  ['packages/features', []],
  ['packages/engine', ['packages/features']],
  ['packages/server', ['packages/features', 'packages/engine']],
  ['packages/client', ['packages/features']],
  ['packages/cli', ['packages/features', 'packages/engine', 'packages/server']],
  ['apps/web', ['packages/features', 'packages/engine', 'packages/server', 'packages/client']],
  ['bench', 'everything'],
  ['e2e', 'everything'],
  ['tests', 'everything'],
])

/** Inside engine, from the bottom up. A file on no folder's floor stands with `engine.ts`. */
const engineFloors: readonly string[] = ['core', 'store', 'engine.ts', 'http']

/** A rule of one import: answers a sentence without its subject when the import breaks it. */
type Rule = (from: string, to: string) => string | undefined

const rules: readonly Rule[] = [
  partsPointDown,
  nobodyImportsTheirOwnIndex,
  engineFloorsPointDown,
  browserKeepsToItsSide,
  nobodyImportsTests,
]

/**
 * Every breach of the import law in a graph, each as a sentence that names both files.
 *
 * @param exists tells whether an imported path is a file.
 */
export function breachesOf(graph: ImportGraph, exists: (path: string) => boolean): readonly string[] {
  const single = [...graph].flatMap(([from, targets]) =>
    targets.flatMap((to) => {
      if (!exists(to)) return [`${from} imports ${to}, which does not exist.`]
      return rules.flatMap((rule) => {
        const fault = rule(from, to)
        return fault === undefined ? [] : [`${from} imports ${to}: ${fault}`]
      })
    }),
  )
  return [...single, ...cyclesOf(graph).map((cycle) => `${cycle.join(' imports ')}: imports must not form a cycle.`)]
}

function partsPointDown(from: string, to: string): string | undefined {
  const [importer, imported] = [partOf(from), partOf(to)]
  if (importer === imported) return undefined
  const allowed = mayImport.get(importer)
  if (allowed === undefined) return `the import law does not know ${importer}.`
  if (allowed === 'everything') return undefined
  if (!allowed.includes(imported)) return `${importer} may import ${allowed.length === 0 ? 'no other part' : `only ${allowed.join(', ')}`}.`
  return undefined
}

function nobodyImportsTheirOwnIndex(from: string, to: string): string | undefined {
  const isIndex = /\/index\.tsx?$/.test(to)
  return isIndex && partOf(from) === partOf(to) ? 'a file must not import an index of its own package.' : undefined
}

function engineFloorsPointDown(from: string, to: string): string | undefined {
  const [lower, upper] = [engineFloorOf(to), engineFloorOf(from)]
  if (lower === undefined || upper === undefined || isTest(from) || lower <= upper) return undefined
  return `inside engine imports point down, http → engine.ts → store → core, and ${engineFloors[upper]} is below ${engineFloors[lower]}.`
}

/** The browser knows the server only by its types, which it takes from `api`; the server never reads the browser's code. */
function browserKeepsToItsSide(from: string, to: string): string | undefined {
  const serverParts = ['packages/engine', 'packages/server']
  if (from.startsWith('apps/web/src/') && serverParts.includes(partOf(to)))
    return "the browser's code may not import the server's packages."
  if (from.startsWith('apps/web/api/') && to.startsWith('apps/web/src/')) return "the server may not import the browser's code."
  return undefined
}

function nobodyImportsTests(_from: string, to: string): string | undefined {
  return isTest(to) ? 'a test is imported by nothing.' : undefined
}

function isTest(path: string): boolean {
  return /\.test(-d)?\.tsx?$/.test(path)
}

/** The package or folder that a file belongs to: `packages/engine`, `apps/web`, `e2e`. */
function partOf(path: string): string {
  const [first = path, second] = path.split('/')
  return (first === 'packages' || first === 'apps') && second !== undefined ? `${first}/${second}` : first
}

function engineFloorOf(path: string): number | undefined {
  const source = 'packages/engine/src/'
  if (!path.startsWith(source) || path === `${source}index.ts`) return undefined
  const [folder = ''] = path.slice(source.length).split('/')
  const floor = engineFloors.indexOf(folder)
  return floor === -1 ? engineFloors.indexOf('engine.ts') : floor
}

/** One cycle for each import that closes one, each from a file back to itself. */
function cyclesOf(graph: ImportGraph): readonly (readonly string[])[] {
  const cycles: string[][] = []
  const finished = new Set<string>()
  const visit = (file: string, trail: readonly string[]) => {
    const start = trail.indexOf(file)
    if (start !== -1) {
      cycles.push([...trail.slice(start), file])
      return
    }
    if (finished.has(file)) return
    for (const target of graph.get(file) ?? []) visit(target, [...trail, file])
    finished.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}
