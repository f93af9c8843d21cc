import { parseSync } from 'oxc-parser'

/**
 * The names that a hand-written index exports, types included, in the alphabet's order.
 *
 * @throws at `export *`, which would let names out that nobody wrote down.
 */
export function publicNamesOf(path: string, text: string): readonly string[] {
  const { module } = parseSync(path, text)
  const names = module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, importName }) => {
      if (exportName.kind === 'Default') return 'default'
      if (exportName.name !== null) return exportName.name
      throw new Error(
        `${path} exports ${importName.kind === 'AllButDefault' ? '*' : importName.kind}: an index names each thing it exports.`,
      )
    }),
  )
  return names.sort()
}
