import type pg from 'pg'
import { textOf } from '../../core/callText.ts'
import type { Operation } from '../../core/command.ts'
import { keyOf } from './key.ts'
import { ask, type Row, unprepared } from './roundTrip.ts'

const DAY_MS = 86_400_000
/** How long an operation is remembered, unless the engine was told otherwise. */
const USUAL_MEMORY_MS = 7 * DAY_MS
const LARGEST_INTEGER = 2 ** 31 - 1
/** Few enough that their locks are gone in a moment. */
const FORGOTTEN_AT_ONCE = 1_000

/** Reads the record of an operation. */
export function operationOf([record]: Row): Operation {
  // Only operations of ours are written there.
  return JSON.parse(String(record)) as Operation
}

/** Writes the record of an operation: the text that `JSON.stringify` makes, in less time. */
export function recordOf({ id, customerId, fingerprint, status, holdId, seq, result, at, expiresAt }: Operation): string {
  const what = `"id":${textOf(id)},"customerId":${textOf(customerId)},"fingerprint":${textOf(fingerprint)},"status":"${status}"`
  const until = Number.isFinite(expiresAt) ? expiresAt : null
  return `{${what},"holdId":${textOf(holdId)},"seq":${seq},"result":${textOf(result)},"at":${at},"expiresAt":${until}}`
}

/**
 * The day after which an operation may be forgotten, counted from the epoch. One that is running will soon be done, and then is remembered for
 * longer: it has a later day from the start, so that its end does not move it in the index.
 */
export function expiryDayOf({ status, at, expiresAt }: Operation): number {
  const end = status === 'running' ? Math.max(expiresAt, at + USUAL_MEMORY_MS) : expiresAt
  return Math.min(Math.ceil(end / DAY_MS), LARGEST_INTEGER)
}

/** What is remembered of an operation id. */
export async function readOperation(client: pg.ClientBase, operationId: string): Promise<Operation | null> {
  const [row] = await ask(client, unprepared('SELECT record FROM tollgate.operations WHERE id = $1'), [keyOf(operationId)])
  return row ? operationOf(row) : null
}

/** Forgets the operations that expired before the day of `now`, some at a time, and none that a batch is using. */
export async function forgetOperations(client: pg.ClientBase, now: number): Promise<void> {
  const some = unprepared(
    `DELETE FROM tollgate.operations WHERE id IN (
       SELECT id FROM tollgate.operations WHERE expires_day < $1 ORDER BY expires_day LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING 1`,
  )
  const today = Math.floor(now / DAY_MS)
  for (;;) {
    const forgotten = await ask(client, some, [today, FORGOTTEN_AT_ONCE])
    if (forgotten.length < FORGOTTEN_AT_ONCE) return
  }
}
