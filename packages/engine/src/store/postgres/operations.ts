import type pg from 'pg'
import type { Operation } from '../../core/command.ts'
import { send } from './connection.ts'
import { keyOf } from './key.ts'
import { FORGET_OPERATIONS, OPERATIONS, type OperationRow } from './statements.ts'

const DAY_MS = 86_400_000
const LARGEST_INTEGER = 2 ** 31 - 1
/** Few enough that their locks are gone in a moment. */
const FORGOTTEN_AT_ONCE = 1_000

/** Reads an operation's row. */
export function operationOf({ record }: OperationRow): Operation {
  // Only operations of ours are written there.
  return JSON.parse(record) as Operation
}

/** The day after which an operation may be forgotten, counted from the epoch. */
export function expiryDayOf({ expiresAt }: Operation): number {
  return Math.min(Math.ceil(expiresAt / DAY_MS), LARGEST_INTEGER)
}

/** What is remembered of an operation id. */
export async function readOperation(client: pg.ClientBase, operationId: string): Promise<Operation | null> {
  const { rows } = await send<OperationRow>(client, OPERATIONS, [[keyOf(operationId)]])
  return rows[0] ? operationOf(rows[0]) : null
}

/** Forgets the operations that expired before the day of `now`, some at a time. */
export async function forgetOperations(client: pg.ClientBase, now: number): Promise<void> {
  const today = Math.floor(now / DAY_MS)
  for (;;) {
    const { rowCount } = await send(client, FORGET_OPERATIONS, [today, FORGOTTEN_AT_ONCE])
    if (rowCount !== FORGOTTEN_AT_ONCE) return
  }
}
