import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { existsUnder, readImportGraph, resolveSpecifier, specifiersOf, type WorkspacePackage } from './importGraph.ts'
import { breachesOf } from './importLaw.ts'

const root = join(import.meta.dirname, '..')

it('holds for every file of the repository', () => {
  const graph = readImportGraph(root)
  expect(breachesOf(graph, existsUnder(root))).toEqual([])
  // An empty graph keeps every law: the files at the ends of the chain must be in it.
  for (const file of ['packages/features/src/index.ts', 'packages/cli/src/main.ts', 'apps/web/src/main.tsx', 'tests/importLaw.test.ts'])
    expect(graph.has(file), file).toBe(true)
})

/** The breaches of a made-up repository in which each file imports the ones beside it. */
function breaches(files: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return breachesOf(new Map(Object.entries(files)), () => true)
}

describe('the law between packages', () => {
  it.each([
    ['features to engine', 'packages/features/src/plan.ts', 'packages/engine/src/engine.ts'],
    ['engine to server', 'packages/engine/src/engine.ts', 'packages/server/src/index.ts'],
    ['engine to cli', 'packages/engine/src/engine.ts', 'packages/cli/src/index.ts'],
    ['server to client', 'packages/server/src/usage.ts', 'packages/client/src/index.ts'],
    ['client to server', 'packages/client/src/useGate.ts', 'packages/server/src/index.ts'],
    ['client to engine', 'packages/client/src/useGate.ts', 'packages/engine/src/index.ts'],
    ['cli to client', 'packages/cli/src/main.ts', 'packages/client/src/index.ts'],
    ['a package to an app', 'packages/server/src/usage.ts', 'apps/web/catalog.ts'],
    ['a package to the bench', 'packages/server/src/usage.ts', 'bench/src/main.ts'],
    ['an app to the end-to-end tests', 'apps/web/api/main.ts', 'e2e/src/server.ts'],
    ['a package to the repository tests', 'packages/server/src/usage.ts', 'tests/importLaw.ts'],
  ])('forbids %s', (_case, from, to) => {
    const [sentence, ...others] = breaches({ [from]: [to], [to]: [] })
    expect(sentence).toContain(`${from} imports ${to}: `)
    expect(others).toEqual([])
  })

  it('names both files and what is allowed instead', () => {
    expect(breaches({ 'packages/server/src/usage.ts': ['packages/client/src/index.ts'] })).toEqual([
      'packages/server/src/usage.ts imports packages/client/src/index.ts: packages/server may import only packages/features, packages/engine.',
    ])
  })

  it('lets imports point down, and lets bench and e2e import anything', () => {
    const law = breaches({
      'packages/engine/src/engine.ts': ['packages/features/src/index.ts'],
      'packages/server/src/usage.ts': ['packages/features/src/index.ts', 'packages/engine/src/index.ts'],
      'packages/client/src/useGate.ts': ['packages/features/src/index.ts'],
      'packages/cli/src/main.ts': ['packages/server/src/index.ts'],
      'bench/src/main.ts': ['packages/engine/src/core/decide.ts', 'e2e/src/server.ts'],
      'e2e/src/server.ts': ['packages/client/src/index.ts', 'packages/server/src/usage.ts', 'apps/web/api/router.ts'],
    })
    expect(law).toEqual([])
  })

  it('asks for a rule when a new part of the repository appears', () => {
    expect(breaches({ 'packages/devtools/src/index.ts': ['packages/features/src/index.ts'] })).toEqual([
      'packages/devtools/src/index.ts imports packages/features/src/index.ts: the import law does not know packages/devtools.',
    ])
  })
})

describe('the law inside a package', () => {
  it('forbids an index to the files of its own package', () => {
    const law = breaches({
      'packages/engine/src/engine.ts': ['packages/engine/src/index.ts'],
      'packages/engine/src/openEngine.test.ts': ['packages/engine/src/store/index.ts'],
    })
    expect(law).toEqual([
      'packages/engine/src/engine.ts imports packages/engine/src/index.ts: a file must not import an index of its own package.',
      'packages/engine/src/openEngine.test.ts imports packages/engine/src/store/index.ts: a file must not import an index of its own package.',
    ])
  })

  it('forbids engine to import upwards, its tests excepted', () => {
    const src = 'packages/engine/src'
    const upward = [
      [`${src}/core/decide.ts`, `${src}/store/store.ts`],
      [`${src}/store/store.ts`, `${src}/engine.ts`],
      [`${src}/store/store.ts`, `${src}/openEngine.ts`],
      [`${src}/engine.ts`, `${src}/http/app.ts`],
    ] as const
    for (const [from, to] of upward) {
      expect(breaches({ [from]: [to] }), `${from} to ${to}`).toEqual([
        expect.stringContaining(`${from} imports ${to}: inside engine imports point down`),
      ])
      expect(breaches({ [to]: [from] }), `${to} to ${from}`).toEqual([])
      expect(breaches({ [from.replace('.ts', '.test.ts')]: [to] })).toEqual([])
    }
  })

  it("keeps the browser's code and the server's apart", () => {
    const law = breaches({
      'apps/web/src/main.tsx': [
        'packages/server/src/index.ts',
        'packages/engine/src/index.ts',
        'packages/client/src/index.ts',
        'apps/web/api/router.ts',
      ],
      'apps/web/api/main.ts': ['apps/web/src/page.tsx'],
    })
    expect(law).toEqual([
      "apps/web/src/main.tsx imports packages/server/src/index.ts: the browser's code may not import the server's packages.",
      "apps/web/src/main.tsx imports packages/engine/src/index.ts: the browser's code may not import the server's packages.",
      "apps/web/api/main.ts imports apps/web/src/page.tsx: the server may not import the browser's code.",
    ])
  })

  it('forbids importing a test', () => {
    expect(breaches({ 'e2e/src/a.ts': ['e2e/src/b.test.ts'] })).toEqual([
      'e2e/src/a.ts imports e2e/src/b.test.ts: a test is imported by nothing.',
    ])
  })

  it('finds a cycle and tells its way', () => {
    const [a, b, c] = ['e2e/src/a.ts', 'e2e/src/b.ts', 'e2e/src/c.ts'] as const
    expect(breaches({ [a]: [b], [b]: [c], [c]: [b] })).toEqual([`${b} imports ${c} imports ${b}: imports must not form a cycle.`])
    expect(breaches({ [a]: [a] })).toEqual([`${a} imports ${a}: imports must not form a cycle.`])
    expect(breaches({ [a]: [b, c], [b]: [c], [c]: [] })).toEqual([])
  })

  it('names a file that is not there', () => {
    expect(breachesOf(new Map([['e2e/src/a.ts', ['e2e/src/gone.ts']]]), () => false)).toEqual([
      'e2e/src/a.ts imports e2e/src/gone.ts, which does not exist.',
    ])
  })
})

describe('reading imports', () => {
  it('sees every form of import, types included', () => {
    const text = `
      import value from './value.ts'
      import type { Type } from './type.ts'
      import './effect.css'
      export { again } from './again.ts'
      export type { Again } from './againType.ts'
      export * from './all.ts'
      const lazy = await import('./lazy.ts')
      let inType: import('./inType.ts').Name
      type Of = typeof import('./typeOf.ts')
      // import './comment.ts'
      const text = "import './string.ts'"
    `
    const names = ['value.ts', 'type.ts', 'effect.css', 'again.ts', 'againType.ts', 'all.ts', 'lazy.ts', 'inType.ts', 'typeOf.ts']
    expect([...specifiersOf('a.ts', text)].sort()).toEqual(names.map((name) => `./${name}`).sort())
  })

  it('throws at a text that does not parse', () => {
    expect(() => specifiersOf('a.ts', 'import {')).toThrow('a.ts does not parse')
  })

  it('resolves relative paths, names of the workspace and their export paths', () => {
    const engine: WorkspacePackage = {
      name: '@tollgate/engine',
      folder: 'packages/engine',
      entries: new Map([
        ['.', 'packages/engine/src/index.ts'],
        ['./http', 'packages/engine/src/http/index.ts'],
      ]),
    }
    const resolve = (specifier: string) => resolveSpecifier('packages/server/src/backends/embedded.ts', specifier, [engine])
    expect(resolve('../usage.ts')).toBe('packages/server/src/usage.ts')
    expect(resolve('./icon.svg?url')).toBe('packages/server/src/backends/icon.svg')
    expect(resolve('@tollgate/engine')).toBe('packages/engine/src/index.ts')
    expect(resolve('@tollgate/engine/http')).toBe('packages/engine/src/http/index.ts')
    expect(resolve('@tollgate/engine/secret')).toBe('packages/engine/./secret')
    expect(resolve('@tollgate/engineering')).toBeUndefined()
    expect(resolve('hono')).toBeUndefined()
    expect(resolve('node:fs')).toBeUndefined()
  })
})
