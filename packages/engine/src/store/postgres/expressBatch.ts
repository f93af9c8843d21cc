import type pg from 'pg'
import type { Work } from '../store.ts'
import { int8Array, textArray } from './binaryArray.ts'
import { CommitInDoubtError, relaxing } from './commitBatch.ts'
import type { KnownCustomer } from './customerCache.ts'
import { faultOf, sqlStateOf } from './fault.ts'
import { keyOf } from './key.ts'
import { type PreparedBatch, prepareBatch } from './prepareBatch.ts'
import { type Query, roundTrip } from './roundTrip.ts'
import { ASSERT_AS_REMEMBERED, ASSERT_UNKNOWN_OPERATIONS, BEGIN, COMMIT, LOCK_CUSTOMERS, ROLLBACK } from './statements.ts'

/** What this process takes to be in the database, the batches that it has sent but not yet heard of included. */
export interface Assumption {
  customer(customerId: string): KnownCustomer | undefined
  readonly catalogVersion: number
}

/** A batch that was decided on an assumption, which the database is to confirm. */
export interface ExpressBatch extends PreparedBatch {
  /** Fails, and with it everything after it, unless all is as it was assumed. */
  readonly assertions: readonly Query[]
}

/**
 * Decides a batch on the assumption that the customers are as remembered and that none of the operations is known.
 *
 * @returns null when not all of that is known well enough to try.
 */
export function expressBatch(works: readonly Work[], assumption: Assumption): ExpressBatch | null {
  const before = new Map<string, KnownCustomer>()
  for (const { customerId } of works) {
    if (before.has(customerId)) continue
    const known = assumption.customer(customerId)
    if (known === undefined) return null
    before.set(customerId, known)
  }
  try {
    const prepared = prepareBatch(works, before, new Map())
    return { ...prepared, assertions: assertionsOf(before, prepared, assumption.catalogVersion) }
  } catch {
    // What fails on good grounds fails again in earnest, and is told then.
    return null
  }
}

function assertionsOf(before: ReadonlyMap<string, KnownCustomer>, { onlyLooked }: PreparedBatch, catalogVersion: number): readonly Query[] {
  const known = [...before.values()]
  const keys = textArray(known.map(({ state }) => keyOf(state.id)))
  const versions = [int8Array(known.map(({ seq }) => seq)), int8Array(known.map(({ batch }) => BigInt(batch)))]
  // The others are asserted by being added.
  const free = [...onlyLooked].map(keyOf)
  return [
    { statement: LOCK_CUSTOMERS, values: [keys] },
    { statement: ASSERT_AS_REMEMBERED, values: [keys, ...versions, catalogVersion] },
    ...(free.length === 0 ? [] : [{ statement: ASSERT_UNKNOWN_OPERATIONS, values: [textArray(free)] }]),
  ]
}

/**
 * Commits a batch in one round trip. Others may be on their way on the same connection, before it and after it.
 *
 * Rejects with `CommitInDoubtError` when the connection was lost. After any other error the connection is in a transaction that failed.
 */
export async function sendExpress(
  client: pg.ClientBase,
  works: readonly Work[],
  { assertions, writes, doubt }: ExpressBatch,
): Promise<void> {
  const end = { statement: writes.length === 0 ? ROLLBACK : COMMIT, values: [] }
  try {
    await roundTrip(client, [{ statement: BEGIN, values: [] }, ...relaxing(client, works), ...assertions, ...writes, end])
  } catch (error) {
    throw faultOf(error) === 'lost' && writes.length > 0 ? new CommitInDoubtError(doubt, error) : error
  }
}

/** Whether a batch failed because something is otherwise than it assumed, or because one before it failed. */
export function isDisproved(error: unknown): boolean {
  return faultOf(error) === 'conflict' || DISPROOFS.includes(sqlStateOf(error) ?? '')
}

/** Division by zero, which is how an assertion fails; a statement in a transaction that has failed. */
const DISPROOFS: readonly string[] = ['22012', '25P02']
