import { StoreUnavailableError } from '@tollgate/engine'
import type { NamedStatement } from '@tollgate/engine/postgres'
import { OutageError } from '../../backends/backend.ts'
import type { Row } from '../rows.ts'
import { OUTBOX } from './migrations.ts'

/** One value of a statement's parameters; a list of texts is an array of PostgreSQL's, a list of objects is sent as JSON. */
export type Value = string | number | null | readonly string[] | readonly object[]

/** Two ways into one database. What is sent may run twice, and says the same the second time. */
export interface Connections {
  /** On the server's disk when it resolves. */
  durable(statement: NamedStatement, ...values: readonly Value[]): Promise<readonly Row[]>
  /** Survives the process but perhaps not the server: for what costs nothing to lose. */
  relaxed(statement: NamedStatement, ...values: readonly Value[]): Promise<readonly Row[]>
  close(): Promise<void>
}

/** Connects at the first statement, and loads the driver then. A server that cannot be reached is an outage, until it can. */
export function connect(url: string): Connections {
  let opening: ReturnType<typeof open> | null = null

  const on =
    (way: 'durable' | 'relaxed'): Connections['durable'] =>
    async (statement, ...values) => {
      opening ??= open(url)
      const { database, stored, given } = await opening
      try {
        return (await database[way](statement, values.map(stored))).map(given)
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
        throw new OutageError(`the outbox cannot be reached: ${error.message}`, { cause: error })
      }
    }

  return {
    durable: on('durable'),
    relaxed: on('relaxed'),
    async close() {
      await (await opening)?.database.close()
    },
  }
}

/** A call waits for this before its work, and has a caller who waits. */
const WAITS = { connectTimeoutMs: 1_500, statementTimeoutMs: 3_000, patienceMs: 1_500 }

async function open(url: string) {
  const { openDatabase, storedText, givenText } = await import('@tollgate/engine/postgres')
  const stored = (value: Value): string | number | null | readonly string[] => {
    if (typeof value === 'string') return storedText(value)
    if (value === null || typeof value === 'number' || isTexts(value)) return value
    return JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? storedText(each) : each))
  }
  const given = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typeof value === 'string' ? givenText(value) : value]))
  return { database: openDatabase(url, { schema: OUTBOX, ...WAITS }), stored, given }
}

/** An empty list is sent as JSON: an empty array of PostgreSQL's is never asked for. */
function isTexts(list: readonly string[] | readonly object[]): list is readonly string[] {
  return typeof list[0] === 'string'
}
