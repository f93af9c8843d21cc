import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreUnavailableError } from '../store.ts'

/** The one true path of a database file, symbolic links followed. Throws a sentence when no database can be there. */
export function databasePathOf(path: string): string {
  const absolute = resolve(path)
  const found = statSync(absolute, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw unusable(`'${path}' is a directory. Name a file in it, such as 'file:${join(path, 'usage.db')}'`)
  const folder = dirname(absolute)
  const inFolder = statSync(folder, { throwIfNoEntry: false })
  if (inFolder === undefined) throw unusable(`the folder '${folder}' does not exist. Create it, or name another`)
  if (!inFolder.isDirectory()) throw unusable(`'${folder}' is not a folder. Name another place for '${basename(path)}'`)
  if (!isWritable(folder)) throw unusable(`the folder '${folder}' may not be written to. Give this process the right to, or name another`)
  if (found !== undefined && !isWritable(absolute))
    throw unusable(`'${path}' may not be written to. Give this process the right to, or name another file`)
  return found === undefined ? join(realpathSync(folder), basename(absolute)) : realpathSync(absolute)
}

function unusable(sentence: string): StoreUnavailableError {
  return new StoreUnavailableError(sentence, 'nothing_happened')
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
