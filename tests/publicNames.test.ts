import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPackages } from './importGraph.ts'
import { publicNamesOf } from './publicNames.ts'

const root = join(import.meta.dirname, '..')
const entries = readPackages(root).flatMap(({ name, entries }) =>
  [...entries].map(([path, file]) => [`${name}${path.slice(1)}`, file] as const),
)

describe('the public names', () => {
  it.each(entries)('of %s are the ones written down', (_name, file) => {
    expect(publicNamesOf(file, readFileSync(join(root, file), 'utf8'))).toMatchSnapshot()
  })

  it('count types, renamed exports and defaults', () => {
    const text = `export { a, b as c, type D } from './x.ts'; export type { E } from './y.ts'; export const f = 1; export default f`
    expect(publicNamesOf('index.ts', text)).toEqual(['D', 'E', 'a', 'c', 'default', 'f'])
  })

  it('refuse a star', () => {
    expect(() => publicNamesOf('index.ts', `export * from './x.ts'`)).toThrow('index.ts exports *: an index names each thing it exports.')
  })
})
