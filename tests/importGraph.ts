import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/** Each source file of the repository, by its path from the root, with the repository's files that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** The workspace's packages: the folder of each, and the source file that each of its export paths stands for. */
export interface WorkspacePackage {
  readonly name: string
  readonly folder: string
  /** From export path (`.`, `./http`) to source file, from the root. */
  readonly entries: ReadonlyMap<string, string>
}

/**
 * Every module that a source text names: imports and re-exports, of values and of types alike, `import()` in code and in types.
 *
 * @throws when the text does not parse.
 */
export function specifiersOf(path: string, text: string): readonly string[] {
  const { program, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path} does not parse: ${errors[0].message}`)
  const found = new Set<string>()
  const add = (source: { readonly value: unknown } | null) => {
    if (typeof source?.value === 'string') found.add(source.value)
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add('value' in node.source ? node.source : null),
    TSImportType: (node) => add(node.source),
  }).visit(program)
  return [...found]
}

/** The repository's file that a specifier means, or undefined for a package from the registry or a module of Node's. */
export function resolveSpecifier(from: string, specifier: string, packages: readonly WorkspacePackage[]): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ''))
  const owner = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`))
  if (!owner) return undefined
  const path = `.${specifier.slice(owner.name.length)}`
  // An export path that does not exist stays visible under a file name that does not exist either.
  return owner.entries.get(path) ?? `${owner.folder}/${path}`
}

/** The packages of the workspace under `root`, as their own package.json files describe them. */
export function readPackages(root: string): readonly WorkspacePackage[] {
  return globSync('{packages/*,apps/*,bench,e2e}/package.json', { cwd: root }).map((manifest) => {
    const folder = posix.dirname(manifest)
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as PackageManifest
    const entries = Object.entries(exports).flatMap(([path, target]) =>
      typeof target === 'string' ? [] : [[path, posix.join(folder, target['@tollgate/source'])] as const],
    )
    return { name, folder, entries: new Map(entries) }
  })
}

/** What these tests read of a package.json; the workspace's own, so its form is known. */
interface PackageManifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, string | { readonly '@tollgate/source': string }>>
}

/** Parses every source file under `root`. */
export function readImportGraph(root: string): ImportGraph {
  const packages = readPackages(root)
  const files = globSync('{packages/*,apps/*,bench,e2e,tests}/**/*.{ts,tsx}', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  }).sort()
  return new Map(
    files.map((file) => {
      const specifiers = specifiersOf(file, readFileSync(join(root, file), 'utf8'))
      return [file, specifiers.flatMap((specifier) => resolveSpecifier(file, specifier, packages) ?? [])]
    }),
  )
}

/** Whether an imported path is a file under `root`. */
export function existsUnder(root: string): (path: string) => boolean {
  return (path) => existsSync(join(root, path))
}
