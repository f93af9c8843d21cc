import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileExamples, examplesOf } from './examples.ts'

const root = join(import.meta.dirname, '..')
const seconds = 1_000

describe('the examples in the documentation', () => {
  it('compile', { timeout: 120 * seconds }, () => {
    const paths = globSync('{*,docs/**/*,packages/*/*,apps/*/*,bench/*,e2e/*}.md', { cwd: root })
    const documents = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    expect(compileExamples(root, 'documentation', documents)).toBe('')
  })

  it('are told apart when one is wrong', { timeout: 60 * seconds }, () => {
    const right = '```ts\n// a.ts\nexport const a = 1\n```\n```ts\n// b.ts\nimport { a } from "./a.ts"\nexport const b: number = a\n```\n'
    const documents = [
      { path: 'RIGHT.md', text: right },
      { path: 'docs/WRONG.md', text: right.replace('number', 'string') },
    ]
    const said = compileExamples(root, 'made-up', documents)
    expect(said).toContain("docs/WRONG.md/b.ts(3,14): error TS2322: Type 'number' is not assignable to type 'string'.")
    expect(said).not.toContain('RIGHT.md/a.ts')
    expect(said).not.toMatch(/^RIGHT\.md/m)
  })

  it('are the TypeScript blocks, by the names that their first lines give', () => {
    const markdown = [
      'Text',
      '```ts',
      '// catalog.ts: shared by both sides',
      'one',
      '```',
      '```sh',
      'npm start',
      '```',
      '<!--',
      '```tsx',
      'hidden',
      '```',
      '-->',
      '```ts',
      '// catalog.ts',
      'two',
      '```',
    ].join('\n')
    expect(examplesOf(markdown)).toEqual([
      { file: 'catalog.ts', text: '// catalog.ts: shared by both sides\none\n// catalog.ts\ntwo\n' },
      { file: 'example-2.tsx', text: 'hidden\n' },
    ])
  })
})
