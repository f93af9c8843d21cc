import { type Logger, pino } from 'pino'

/** One line of JSON for each refusal and fault, on the standard output. */
export type Log = Logger

export function createLog(): Log {
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } })
}
