import type { OutboxStore } from './outboxStore.ts'
import { openPostgresOutbox } from './postgres/postgresOutbox.ts'
import { openSqliteOutbox } from './sqlite/sqliteOutbox.ts'

/**
 * Opens the outbox that a URL names: `file:outbox.db`, `postgres://user@host/database`, or `memory:`, which forgets all with the process.
 *
 * Throws a sentence when a file cannot be opened. A database is connected to, and its schema brought up to date, by the first question.
 */
export function openOutboxStore(url: string, clock: () => number = Date.now): OutboxStore {
  if (url === 'memory:') return openSqliteOutbox(':memory:', clock)
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgresOutbox(url, clock)
  const path = /^file:(.+)$/.exec(url)?.[1]
  if (path === undefined)
    throw new Error(`the outbox's url is '${url}': write file:outbox.db, postgres://user@host/database, or memory: in tests`)
  return openSqliteOutbox(path, clock)
}
