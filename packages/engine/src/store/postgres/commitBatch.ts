import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Work } from '../store.ts'
import { batchWrites, type Writes } from './batchWrites.ts'
import { textArray } from './binaryArray.ts'
import type { CatalogWatch } from './catalog.ts'
import { currentCustomers } from './currentCustomers.ts'
import type { CustomerCache, KnownCustomer } from './customerCache.ts'
import { type DecidedBatch, decideBatch } from './decideBatch.ts'
import { ConnectionLostError, faultOf } from './fault.ts'
import { keyOf } from './key.ts'
import { operationOf } from './operations.ts'
import { type Query, type Row, roundTrip } from './roundTrip.ts'
import {
  BATCH_OF,
  BEGIN,
  COMMIT,
  GIVE_UP_PLACE,
  HOLD_PLACE,
  LAST_ENTRIES,
  LOCK_CUSTOMERS,
  LOCK_OPERATIONS,
  NOW,
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
  await leaving.get(client)
  try {
    const locked = await lock(client, works, doubt)
    if (doubt !== null && locked.batchInDoubt === doubt.batch) return leave(client)
    // They are locked: what is read now is what the locks found.
    const asked = works.map((work) => work.customerId)
    const before = await currentCustomers(client, asked, locked.lastEntries, memory.customers)
    await memory.catalog.follow(client, locked.catalogVersion)
    const decided = decideBatch(works, new Map([...before].map(([id, { state }]) => [id, state])), locked.operations)
    if (decided.entries.length === 0 && decided.operations.size === 0) return leave(client)

    const batch = randomBytes(8).readBigInt64BE().toString()
    const after = customersAfter(decided, before, batch)
    const writes = batchWrites(writesOf(works, decided, before, after, locked), { batch, now: locked.now })
    await commit(client, [...placeToGiveUp(doubt, before, decided), ...writes], doubtAbout(decided, before, batch))
    for (const customer of after) memory.customers.put(customer)
  } catch (error) {
    leave(client)
    throw error
  }
}

interface Locked {
  readonly lastEntries: readonly Row[]
  readonly operations: ReadonlyMap<string, Operation>
  /** The server's time in µs. */
  readonly now: number
  readonly catalogVersion: number
  /** The batch that wrote the entry in doubt; null when there is no such entry. */
  readonly batchInDoubt: string | null
}

/** The first round trip. What comes after the locks is looked up by statements of its own: they see what the holders before committed. */
async function lock(client: pg.ClientBase, works: readonly Work[], doubt: Doubt | null): Promise<Locked> {
  const keys = textArray([...new Set(works.map((work) => keyOf(work.customerId)))])
  const named = textArray([...new Set(works.flatMap(({ operationId }) => (operationId === null ? [] : [keyOf(operationId)])))])
  const answers = await roundTrip(client, [
    { statement: BEGIN, values: [] },
    { statement: LOCK_CUSTOMERS, values: [keys] },
    { statement: LAST_ENTRIES, values: [keys] },
    { statement: NOW, values: [] },
    { statement: LOCK_OPERATIONS, values: [named] },
    ...(doubt === null ? [] : lookForDoubt(doubt)),
  ])
  const [, , last, now, operations] = answers
  return {
    lastEntries: last?.rows ?? [],
    operations: new Map(operations?.rows.map(operationOf).map((operation) => [operation.id, operation])),
    now: Number(now?.rows[0]?.[0]),
    catalogVersion: Number(now?.rows[0]?.[1]),
    batchInDoubt: doubt === null ? null : (answers.at(-1)?.rows[0]?.[0] ?? null),
  }
}

/** Finds who wrote an entry in doubt, when the batch in doubt is sure to have ended: it held the customer's lock, or its place. */
function lookForDoubt({ customerId, seq, created }: Doubt): readonly Query[] {
  const key = keyOf(customerId)
  return [...(created ? [{ statement: HOLD_PLACE, values: [key] }] : []), { statement: BATCH_OF, values: [key, seq] }]
}

/** Transactions that are being ended, by their connections. */
const leaving = new WeakMap<pg.ClientBase, Promise<void>>()

/** Ends a transaction that has nothing to keep. Nothing depends on how that goes, so only the next batch on the connection waits for it. */
function leave(client: pg.ClientBase): void {
  const ended = roundTrip(client, [{ statement: ROLLBACK, values: [] }]).then(ignore, ignore)
  leaving.set(client, ended)
}

function ignore(): void {}

function customersAfter({ customers }: DecidedBatch, before: ReadonlyMap<string, KnownCustomer>, batch: string): readonly KnownCustomer[] {
  return [...customers.values()].map((state) => {
    const storedSeq = before.get(state.id)?.storedSeq ?? 0
    return { state, batch, seq: state.seq, storedSeq: state.seq - storedSeq >= ENTRIES_PER_STATE ? state.seq : storedSeq }
  })
}

function writesOf(
  works: readonly Work[],
  { entries, customers, operations }: DecidedBatch,
  before: ReadonlyMap<string, KnownCustomer>,
  after: readonly KnownCustomer[],
  locked: Locked,
): Writes {
  const lookedUp = new Set(works.map((work) => work.operationId))
  const isFree = ({ id }: Operation): boolean => lookedUp.has(id) && !locked.operations.has(id)
  return {
    entries,
    listed: [...customers.values()].filter((state) => !isListedAlike(before.get(state.id)?.state, state)),
    stored: after.filter((customer) => customer.storedSeq === customer.seq).map(({ state }) => state),
    added: [...operations.values()].filter(isFree),
    replaced: [...operations.values()].filter((operation) => !isFree(operation)),
  }
}

function isListedAlike(before: CustomerState | undefined, after: CustomerState): boolean {
  return (
    before !== undefined &&
    before.name === after.name &&
    before.email === after.email &&
    (before.deletedAt === null) === (after.deletedAt === null)
  )
}

/** The place that was held for a customer, if the batch now leaves it empty. */
function placeToGiveUp(doubt: Doubt | null, before: ReadonlyMap<string, KnownCustomer>, { customers }: DecidedBatch): readonly Query[] {
  if (!doubt?.created || before.has(doubt.customerId) || customers.has(doubt.customerId)) return []
  return [{ statement: GIVE_UP_PLACE, values: [keyOf(doubt.customerId)] }]
}

/** What to look for should the commit not be answered: best an entry of a customer that has a row to lock. */
function doubtAbout({ entries }: DecidedBatch, before: ReadonlyMap<string, KnownCustomer>, batch: string): Doubt | null {
  const entry = entries.find(({ customerId }) => before.has(customerId)) ?? entries[0]
  return entry === undefined ? null : { batch, customerId: entry.customerId, seq: entry.seq, created: !before.has(entry.customerId) }
}

/** The second round trip. */
async function commit(client: pg.ClientBase, writes: readonly Query[], doubt: Doubt | null): Promise<void> {
  try {
    await roundTrip(client, [...writes, { statement: COMMIT, values: [] }])
  } catch (error) {
    // What the server refuses, it has not committed.
    throw faultOf(error) === 'lost' ? new CommitInDoubtError(doubt, error) : error
  }
}
