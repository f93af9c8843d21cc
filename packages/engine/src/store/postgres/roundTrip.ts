import type pg from 'pg'
import { asFault } from './fault.ts'

/** A statement that PostgreSQL parses and plans once per connection; without a name, each time. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A statement with the values of its parameters. A buffer is in PostgreSQL's binary form. */
export interface Query {
  readonly statement: Statement
  readonly values: readonly (string | number | boolean | null | Buffer)[]
}

/** What a statement answered: its rows, each value as text, and what it did, such as `COMMIT` or `INSERT 0 3`. */
export interface Answer {
  readonly rows: readonly Row[]
  readonly command: string
}

export type Row = readonly (string | null)[]

/**
 * Sends statements in one packet and answers all of them, in one round trip. The server runs them in order; once one fails it skips the rest.
 * What is asked while an earlier packet is not answered is sent when it is, before anything else learns of that answer.
 *
 * Rejects with the server's `DatabaseError` or with a `ConnectionLostError`.
 */
export function roundTrip(client: pg.ClientBase, queries: readonly Query[]): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const behind = waiting.get(client)
    const next = (): void => {
      const following = waiting.get(client)?.shift()
      if (following === undefined) waiting.delete(client)
      else client.query(following)
    }
    const trip = new RoundTrip(queries, { resolve, reject: (error) => reject(asFault(error)), next })
    if (behind !== undefined) {
      behind.push(trip)
      return
    }
    waiting.set(client, [])
    client.query(trip)
  })
}

/** By connection, while a packet is under way on it: those that follow. The driver's own queue is to go away. */
const waiting = new WeakMap<pg.ClientBase, RoundTrip[]>()

/** Sends one statement and answers its rows. */
export async function ask(client: pg.ClientBase, statement: Statement, values: Query['values'] = []): Promise<readonly Row[]> {
  const [answer] = await roundTrip(client, [{ statement, values }])
  return answer?.rows ?? []
}

/** A statement that is not sent often enough to keep its plan. */
export function unprepared(text: string): Statement {
  return { name: '', text }
}

/** The statements that were prepared on a connection. */
const preparedOn = new WeakMap<pg.Connection, Set<string>>()

/** What becomes of a round trip, and what comes after it. */
interface Ends {
  resolve(answers: readonly Answer[]): void
  reject(error: Error): void
  next(): void
}

/**
 * The driver waits for the answer to each statement before it sends the next, or asks the server to answer each at once; both cost a wake-up on either
 * side for every statement. This takes the place of one of its queries and sends several.
 */
class RoundTrip implements pg.Submittable {
  /** The driver hangs its timeout on this, and expects it to be called in the end. */
  callback: (error: Error | null) => void
  private readonly queries: readonly Query[]
  private readonly answers: Answer[] = []
  private rows: Row[] = []
  private prepared = new Set<string>()
  private next: () => void

  constructor(queries: readonly Query[], { resolve, reject, next }: Ends) {
    this.queries = queries
    this.callback = (error) => (error === null ? resolve(this.answers) : reject(error))
    this.next = next
  }

  submit(connection: pg.Connection): void {
    this.prepared = preparedOn.get(connection) ?? new Set()
    preparedOn.set(connection, this.prepared)
    connection.stream.cork()
    for (const { statement, values } of this.queries) {
      const { name } = statement
      if (name === '' || !this.prepared.has(name)) {
        // A statement of that name may be left of an attempt that failed later on.
        if (name !== '') connection.close({ type: 'S', name }, true)
        connection.parse({ ...statement, types: [] }, true)
        this.prepared.add(name)
      }
      connection.bind({ statement: name, values: values.map(sent) }, true)
      connection.execute(null, true)
    }
    connection.sync()
    connection.stream.uncork()
  }

  handleDataRow({ fields }: { readonly fields: Row }): void {
    this.rows.push(fields)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.answers.push({ rows: this.rows, command: text })
    this.rows = []
  }

  handleError(error: Error): void {
    // From the statement that failed on, it is not known which were prepared.
    for (const { statement } of this.queries.slice(this.answers.length)) this.prepared.delete(statement.name)
    this.callback(error)
    this.end()
  }

  handleReadyForQuery(): void {
    this.end()
    this.callback(null)
  }

  private end(): void {
    const { next } = this
    // The driver may tell of an error more than once.
    this.next = ignore
    next()
  }

  handleEmptyQuery(): void {}
}

function sent(value: Query['values'][number]): string | null | Buffer {
  return value === null || Buffer.isBuffer(value) ? value : String(value)
}

function ignore(): void {}
