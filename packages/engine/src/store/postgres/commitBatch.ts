import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Operation } from '../../core/command.ts'
import type { Work } from '../store.ts'
import { batchWrites, type Write } from './batchWrites.ts'
import type { CatalogWatch } from './catalog.ts'
import { send } from './connection.ts'
import { currentCustomers } from './currentCustomers.ts'
import type { CustomerCache, KnownCustomer } from './customerCache.ts'
import { type DecidedBatch, decideBatch } from './decideBatch.ts'
import { ConnectionLostError, faultOf } from './fault.ts'
import { keyOf } from './key.ts'
import { operationOf } from './operations.ts'
import {
  BATCH_OF,
  BEGIN,
  COMMIT,
  type CustomerRow,
  GIVE_UP_PLACE,
  HOLD_PLACE,
  LOCK_CUSTOMERS,
  LOCK_OPERATIONS,
  NOW,
  type NowRow,
  type OperationRow,
  ROLLBACK,
} from './statements.ts'

/** A state is stored anew once so many entries came after the one stored last: few entries to fold on reading, few states to write. */
const ENTRIES_PER_STATE = 8

/** What one batch leaves to the next. */
export interface BatchMemory {
  readonly customers: CustomerCache
  readonly catalog: CatalogWatch
}

/** An entry of a batch whose commit was not answered: where it is, the batch is. */
export interface Doubt {
  readonly batch: string
  readonly customerId: string
  readonly seq: number
  /** The batch created the customer: there may be no row yet to lock. */
  readonly created: boolean
}

/** The connection was lost after the commit was sent. */
export class CommitInDoubtError extends ConnectionLostError {
  /** Null when the batch left nothing to recognize it by. */
  readonly doubt: Doubt | null

  constructor(doubt: Doubt | null, cause: unknown) {
    super('the connection was lost while a batch was being committed', { cause })
    this.doubt = doubt
  }
}

/**
 * Decides a batch and commits it in two round trips: the customers are locked and the operations looked up; what was decided is written. A
 * third comes between them when another process changed one of the customers since this one last saw it.
 *
 * Resolves once the batch is durable. Given a doubt about the same batch, sent before, it first finds out whether that one took effect.
 */
export async function commitBatch(client: pg.ClientBase, works: readonly Work[], memory: BatchMemory, doubt: Doubt | null): Promise<void> {
  try {
    await decideAndWrite(client, works, memory, doubt)
  } catch (error) {
    leave(client)
    throw error
  }
}

async function decideAndWrite(client: pg.ClientBase, works: readonly Work[], memory: BatchMemory, doubt: Doubt | null): Promise<void> {
  const locked = await lock(client, works, doubt)
  if (doubt !== null && locked.batchInDoubt === doubt.batch) return leave(client)
  // They are locked: what is read now is what the locks found.
  const asked = works.map((work) => work.customerId)
  const customers = await currentCustomers(client, asked, locked.rows, memory.customers)
  await memory.catalog.follow(client, locked.catalogVersion)
  const decided = decideBatch(works, new Map([...customers].map(([id, { state }]) => [id, state])), locked.operations)
  if (decided.entries.length === 0 && decided.operations.size === 0) return leave(client)

  const batch = randomBytes(8).readBigInt64BE().toString()
  const after = customersAfter(decided, customers, batch)
  const due = after.filter(({ state, storedSeq }) => storedSeq === state.seq).map(({ state }) => state)
  const lookedUp = new Set(works.map((work) => work.operationId))
  const isFree = (operationId: string): boolean => lookedUp.has(operationId) && !locked.operations.has(operationId)
  const writes = batchWrites(decided, { batch, now: locked.now }, due, isFree)
  await commit(client, [...placeToGiveUp(doubt, locked, decided), ...writes], doubtAbout(decided, customers, batch))
  for (const customer of after) memory.customers.put(customer)
}

interface Locked {
  readonly rows: readonly CustomerRow[]
  readonly operations: ReadonlyMap<string, Operation>
  /** The server's time in µs. */
  readonly now: number
  readonly catalogVersion: number
  /** The batch that wrote the entry in doubt; null when there is no such entry. */
  readonly batchInDoubt: string | null
}

/** The first round trip. What comes after the locks is looked up by statements of its own: they see what the holders before committed. */
async function lock(client: pg.ClientBase, works: readonly Work[], doubt: Doubt | null): Promise<Locked> {
  const keys = [...new Set(works.map((work) => keyOf(work.customerId)))]
  const named = [...new Set(works.flatMap(({ operationId }) => (operationId === null ? [] : [keyOf(operationId)])))]
  const [, , rows, now, operations, inDoubt] = await Promise.all([
    send(client, BEGIN),
    // Waits for the end of the batch in doubt, as the locks do where there is a row to lock.
    doubt?.created ? send(client, HOLD_PLACE, [keyOf(doubt.customerId)]) : null,
    send<CustomerRow>(client, LOCK_CUSTOMERS, [keys]),
    send<NowRow>(client, NOW),
    named.length === 0 ? null : send<OperationRow>(client, LOCK_OPERATIONS, [named]),
    doubt === null ? null : send<{ batch: string }>(client, BATCH_OF, [keyOf(doubt.customerId), doubt.seq]),
  ])
  return {
    // A row without entries only keeps a place.
    rows: rows.rows.filter((row) => row.seq !== '0'),
    operations: new Map(operations?.rows.map(operationOf).map((operation) => [operation.id, operation])),
    now: Number(now.rows[0]?.now),
    catalogVersion: Number(now.rows[0]?.catalog),
    batchInDoubt: inDoubt?.rows[0]?.batch ?? null,
  }
}

/** Ends a transaction that has nothing to keep. Nothing depends on how that goes, so nobody waits for it. */
function leave(client: pg.ClientBase): void {
  send(client, ROLLBACK).catch(() => undefined)
}

function customersAfter({ customers }: DecidedBatch, before: ReadonlyMap<string, KnownCustomer>, batch: string): readonly KnownCustomer[] {
  return [...customers.values()].map((state) => {
    const storedSeq = before.get(state.id)?.storedSeq ?? 0
    return { state, batch, storedSeq: state.seq - storedSeq >= ENTRIES_PER_STATE ? state.seq : storedSeq }
  })
}

/** The place that was held for a customer, if the batch now leaves it empty. */
function placeToGiveUp(doubt: Doubt | null, { rows }: Locked, { customers }: DecidedBatch): readonly Write[] {
  if (!doubt?.created || customers.has(doubt.customerId)) return []
  const key = keyOf(doubt.customerId)
  return rows.some((row) => row.customer_id === key) ? [] : [{ statement: GIVE_UP_PLACE, values: [key] }]
}

/** What to look for should the commit not be answered: best an entry of a customer that already has a row to lock. */
function doubtAbout({ entries }: DecidedBatch, before: ReadonlyMap<string, KnownCustomer>, batch: string): Doubt | null {
  const entry = entries.find(({ customerId }) => before.has(customerId)) ?? entries[0]
  return entry === undefined ? null : { batch, customerId: entry.customerId, seq: entry.seq, created: !before.has(entry.customerId) }
}

/** The second round trip. */
async function commit(client: pg.ClientBase, writes: readonly Write[], doubt: Doubt | null): Promise<void> {
  const sent = [...writes.map(({ statement, values }) => send(client, statement, values)), send(client, COMMIT)]
  const answers = await Promise.allSettled(sent)
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  // After one refusal the server refuses the rest as well, and the commit takes nothing back.
  const refusal = failures.find((failure) => faultOf(failure) !== 'lost')
  if (refusal !== undefined) throw refusal
  if (failures.length > 0) throw new CommitInDoubtError(doubt, failures[0])
}
