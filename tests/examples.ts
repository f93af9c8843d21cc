import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A Markdown document of the repository: its path from the root, and its text. */
export interface Document {
  readonly path: string
  readonly text: string
}

/** A source file that a document shows. */
export interface Example {
  readonly file: string
  readonly text: string
}

/**
 * The TypeScript files that a Markdown text shows, hidden ones (inside an HTML comment) included.
 * A block whose first line is a comment with a file name is that file, and blocks of one name continue each other; one without a name stands alone.
 */
export function examplesOf(markdown: string): readonly Example[] {
  const files = new Map<string, string>()
  const fences = [...markdown.matchAll(/^```(tsx?)\b[^\n]*\n(.*?)^```$/gms)]
  for (const [index, [, language, text = '']] of fences.entries()) {
    const file = /^\/\/ ([\w./-]+\.tsx?)(?::.*)?\n/.exec(text)?.[1] ?? `example-${index + 1}.${language}`
    files.set(file, (files.get(file) ?? '') + text)
  }
  return [...files].map(([file, text]) => ({ file, text }))
}

/**
 * Compiles the examples of all documents against the packages' sources, under the compiler options of the project itself.
 * Files of one document can import each other; each document stands on its own.
 *
 * @param root the repository's folder.
 * @param label a folder name, so that two runs do not meet.
 * @returns what the compiler said, empty when all is well.
 */
export function compileExamples(root: string, label: string, documents: readonly Document[]): string {
  // Under e2e, because that package depends on all the others.
  const folder = join(root, 'e2e', '.examples', label)
  rmSync(folder, { recursive: true, force: true })
  const files = documents.flatMap(({ path, text }) =>
    examplesOf(text).map((example) => ({ ...example, file: join(folder, path, example.file) })),
  )
  // The compiler complains about a project without files.
  if (files.length === 0) return ''
  for (const { file, text } of files) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(compilerOptions))
  const { stdout, stderr, error } = spawnSync('tsc', ['-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' })
  if (error) throw error
  return stdout + stderr
}

const compilerOptions = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    customConditions: ['@tollgate/source'],
    lib: ['es2025', 'dom', 'dom.iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    noEmit: true,
    incremental: false,
    // An example shows how something is made, and need not go on to use it.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['.'],
}
