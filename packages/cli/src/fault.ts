/** Something the person at the keyboard can put right: told in one sentence, without a stack. */
export class Fault extends Error {
  override readonly name = 'Fault'
}

/** What went wrong, in one sentence. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Runs a command's action; a fault ends the process with its sentence and status 1. */
export function reporting<$Args extends readonly unknown[]>(action: (...args: $Args) => Promise<void>): (...args: $Args) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      process.stderr.write(`tollgate: ${error.message}\n`)
      process.exitCode = 1
    }
  }
}
