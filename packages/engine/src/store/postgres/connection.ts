import pg from 'pg'
import { asFault, faultOf } from './fault.ts'

export interface ConnectionOptions {
  /** How long opening a connection may take, in ms. */
  readonly connectTimeoutMs: number
  /** How long a statement may take, waits for locks included, in ms. */
  readonly statementTimeoutMs: number
  /** True: a commit does not wait for the disk. It survives the processes that use the server, but perhaps not a crash of the server. */
  readonly relaxed?: boolean
}

/** Connections to a database, opened when needed and again after they were lost. */
export function openPool(url: string, max: number, options: ConnectionOptions): pg.Pool {
  const { connectTimeoutMs, statementTimeoutMs } = options
  const pool = new pg.Pool({
    connectionString: url,
    fallback_application_name: 'tollgate',
    keepAlive: true,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    // The server's own limit comes first; this one ends the wait for a server that went away without a word.
    query_timeout: statementTimeoutMs + connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: true,
    onConnect: (client) => prepareSession(client, options),
  })
  // A lost connection rejects what was asked on it, and is dealt with there. Unheard, its event would end the process as well.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

/**
 * Precautions, each of which an engine that merely speaks PostgreSQL's protocol may not know, and does without: no wait for a lock is endless, a
 * process that halts in the middle of a transaction does not keep others waiting, and a plan made while a table was small does not go on
 * scanning it.
 */
async function prepareSession(client: pg.ClientBase, { statementTimeoutMs, relaxed = false }: ConnectionOptions): Promise<void> {
  const settings = [
    `statement_timeout = ${statementTimeoutMs}`,
    `idle_in_transaction_session_timeout = ${statementTimeoutMs}`,
    'enable_seqscan = off',
    ...(relaxed ? ['synchronous_commit = off'] : []),
  ]
  for (const setting of settings) await client.query(`SET ${setting}`).catch(ignore)
  await client.query('SHOW synchronous_commit').then(() => relaxing.add(client), ignore)
}

const relaxing = new WeakSet<pg.ClientBase>()

/** Whether a transaction on this connection may be told not to wait for the disk. */
export function canRelax(client: pg.ClientBase): boolean {
  return relaxing.has(client)
}

/** Runs a task on a connection of its own, which is given up if it got lost meanwhile. */
export async function withConnection<T>(pool: pg.Pool, task: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asFault(error)
  })
  try {
    const result = await task(client)
    client.release()
    return result
  } catch (error) {
    client.release(faultOf(error) === 'lost')
    throw error
  }
}

/** The server and the database of a URL, without the password. */
export function placeOf(url: string): string {
  const { host, port, database } = new pg.Client({ connectionString: url })
  return `PostgreSQL at ${host}:${port}/${database}`
}

function ignore(): void {}
