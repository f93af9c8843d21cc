import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Fault, sentenceOf } from './fault.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/**
 * Loads a module of the user's: as Node does, which runs TypeScript by dropping its types; or, where Node alone cannot put it together (enums,
 * JSX, paths of a tsconfig, imports without an extension), through a loader.
 *
 * @param what is named in the fault: 'router'.
 */
export async function loadModule(path: string, what: string): Promise<Exports> {
  const file = resolve(path)
  if (!existsSync(file)) throw new Fault(`there is no ${what} at ${file}`)
  try {
    return await importModule(file)
  } catch (error) {
    throw new Fault(`the ${what} ${file} cannot be loaded: ${firstLine(sentenceOf(error))}`, { cause: error })
  }
}

async function importModule(file: string): Promise<Exports> {
  const url = pathToFileURL(file).href
  try {
    return await import(url)
  } catch (error) {
    // Node puts all modules together before it runs the first of them: what is tried again here has not begun.
    if (!isBeyondNode(error)) throw error
  }
  const { createJiti } = await import('jiti')
  return createJiti(url, { fsCache: false, jsx: true, tsconfigPaths: true }).import<Exports>(file)
}

const beyondNode: readonly unknown[] = [
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
]

/** Also a syntax error: it is how Node reports JSX, and a type that is imported without saying that it is one. */
function isBeyondNode(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && 'code' in error && beyondNode.includes(error.code))
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
