import pg from 'pg'

/**
 * What an error calls for: `conflict`, run the transaction again; `lost`, do so on a new connection; `refused`, the server will not do it;
 * `foreign`, it is none of the database's.
 */
export type Fault = 'conflict' | 'lost' | 'refused' | 'foreign'

/** The connection could not be made, or was lost before the answer came. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError'
}

/** Serialization failure, deadlock, unique violation: another transaction was faster. */
const CONFLICTS: readonly string[] = ['40001', '40P01', '23505']

/**
 * Completion unknown, read-only transaction (the server was demoted), idle for too long, too many connections, server shut down, crashed, or
 * starting. Class 08 is about connections.
 */
const LOSSES: readonly string[] = ['40003', '25006', '25P03', '57P05', '53300', '57P01', '57P02', '57P03']

/** Somebody creates the same schema or table at the same time. */
const RACES: readonly string[] = [...CONFLICTS, '42P06', '42P07', '42710', 'XX000']

/** Judges an error that a statement, a transaction or a connection attempt was rejected with. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ConnectionLostError) return 'lost'
  const state = sqlStateOf(error)
  if (state === null) return 'foreign'
  if (CONFLICTS.includes(state)) return 'conflict'
  return LOSSES.includes(state) || state.startsWith('08') ? 'lost' : 'refused'
}

/** Whether a migration that failed may be tried again. */
export function isRace(error: unknown): boolean {
  return RACES.includes(sqlStateOf(error) ?? '')
}

/** The five characters by which PostgreSQL names an error; null when it did not come from the server. */
export function sqlStateOf(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null
}

/** The server's `DatabaseError` as it is; anything else that the driver rejects with means that the connection is gone. */
export function asFault(error: unknown): Error {
  if (error instanceof pg.DatabaseError) return error
  return new ConnectionLostError(error instanceof Error ? error.message || error.name : String(error), { cause: error })
}
