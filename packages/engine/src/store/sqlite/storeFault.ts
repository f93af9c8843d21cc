import { StoreUnavailableError } from '../store.ts'

/** SQLite's primary result codes that have something to say to a user. */
const SENTENCES = new Map<number, (path: string) => string>([
  [5, (path) => `another program is writing '${path}'. Close it, or repeat the call`],
  [6, (path) => `another program is writing '${path}'. Close it, or repeat the call`],
  [8, (path) => `'${path}' may not be written to. Give this process the right to write the file and its folder`],
  [10, (path) => `the disk failed under '${path}'. See the system's log`],
  [11, (path) => `'${path}' is damaged. Restore a copy, or import an export`],
  [13, (path) => `the disk is full: '${path}' could not be written. Make room, then repeat the call`],
  [14, (path) => `'${path}' could not be opened`],
  [26, (path) => `'${path}' is not a SQLite database. Name another file`],
])

/** SQLite's code of an error, without its extension; null when the error is none of SQLite's. */
export function sqliteCodeOf(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null
}

/** Says in a sentence what is wrong with a file; an error that is none of SQLite's comes back as it is. */
export function storeFault(error: unknown, path: string, outcome: StoreUnavailableError['outcome'] = 'nothing_happened'): unknown {
  const code = sqliteCodeOf(error)
  if (code === null) return error
  const sentence = SENTENCES.get(code)?.(path) ?? `SQLite could not use '${path}': ${error instanceof Error ? error.message : code}`
  return new StoreUnavailableError(sentence, outcome, { cause: error })
}

/** Says in a sentence what is wrong with the disk under a file. */
export function diskFault(error: unknown, path: string, outcome: StoreUnavailableError['outcome']): StoreUnavailableError {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  const sentence = SENTENCES.get(isFull ? FULL : IOERR)?.(path) ?? String(error)
  return new StoreUnavailableError(sentence, outcome, { cause: error })
}

const [IOERR, FULL] = [10, 13]
