import type { OutboxStore } from './outboxStore.ts'
import { openSqliteOutbox } from './sqlite/sqliteOutbox.ts'

/** Opens the outbox that a URL names: `file:outbox.db`, or `memory:`, which forgets all with the process. Throws a sentence when it cannot. */
export function openOutboxStore(url: string, clock: () => number = Date.now): OutboxStore {
  if (url === 'memory:') return openSqliteOutbox(':memory:', clock)
  const path = /^file:(.+)$/.exec(url)?.[1]
  if (path === undefined) throw new Error(`the outbox's url is '${url}': give 'file:outbox.db', or 'memory:' in tests`)
  return openSqliteOutbox(path, clock)
}
