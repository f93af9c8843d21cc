import type { Command, CommanderError } from 'commander'

/** Something the person at the keyboard can put right: told in one sentence, without a stack. */
export class Fault extends Error {
  override readonly name = 'Fault'
}

/** What went wrong, in one sentence. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Runs a command's action; a fault ends the process with its sentence and a status of its own, 1 unless another is given. */
export function reporting<$Args extends readonly unknown[]>(
  action: (...args: $Args) => Promise<void>,
  status = 1,
): (...args: $Args) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      process.stderr.write(`tollgate: ${error.message}\n`)
      process.exitCode = status
    }
  }
}

/** The status of a command that answers with 0 or 1, when it cannot answer. */
export const NO_ANSWER = 2

/** Makes a command that answers with its status, 0 or 1, end with 2 when it was called wrongly: that is no answer. */
export function answering(command: Command): Command {
  return command.exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : NO_ANSWER))
}
