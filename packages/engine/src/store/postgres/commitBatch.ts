import type pg from 'pg'
import type { Operation } from '../../core/command.ts'
import type { Work } from '../store.ts'
import { textArray } from './binaryArray.ts'
import type { CatalogWatch } from './catalog.ts'
import { canRelax } from './connection.ts'
import { currentCustomers, versionsOf } from './currentCustomers.ts'
import { type CustomerCache, isSameVersion, type KnownCustomer, type Version } from './customerCache.ts'
import { ConnectionLostError, faultOf } from './fault.ts'
import { keyOf } from './key.ts'
import { operationOf } from './operations.ts'
import { type Doubt, type PreparedBatch, prepareBatch } from './prepareBatch.ts'
import { type Query, roundTrip } from './roundTrip.ts'
import {
  BATCH_OF_ENTRY,
  BATCH_OF_OPERATION,
  BEGIN,
  CATALOG_VERSION,
  COMMIT,
  GIVE_UP_PLACE,
  HOLD_PLACE,
  LAST_ENTRIES,
  LOCK_CUSTOMERS,
  LOCK_OPERATIONS,
  RELAX,
  ROLLBACK,
} from './statements.ts'

/** What one batch leaves to the next. */
export interface BatchMemory {
  readonly customers: CustomerCache
  readonly catalog: CatalogWatch
  /** The last batch found everything as it was remembered, and no operation known: the next one is likely to. */
  steady: boolean
}

/** The connection was lost after the commit was sent. */
export class CommitInDoubtError extends ConnectionLostError {
  readonly doubt: Doubt

  constructor(doubt: Doubt, cause: unknown) {
    super('the connection was lost while a batch was being committed', { cause })
    this.doubt = doubt
  }
}

/**
 * Decides a batch and commits it in two round trips: the customers are locked and the operations looked up; what was decided is written. A
 * third comes between them when a customer is not in memory as it is in the database. Nothing else may use the connection meanwhile.
 *
 * Resolves once the batch is durable. Given a doubt about the same batch, sent before, it first finds out whether that one took effect.
 */
export async function commitBatch(client: pg.ClientBase, works: readonly Work[], memory: BatchMemory, doubt: Doubt | null): Promise<void> {
  try {
    const asked = new Map(works.map(({ customerId }) => [customerId, keyOf(customerId)]))
    const remembered = rememberedOf(asked.keys(), memory.customers)
    const locked = await lock(client, works, [...asked.values()], doubt)
    if (doubt !== null && locked.batchInDoubt === doubt.batch) return leave(client)

    const isAsRemembered = [...asked].every(([id, key]) => isSameVersion(remembered.get(id), locked.versions.get(key)))
    memory.steady = isAsRemembered && locked.operations.size === 0
    await memory.catalog.follow(client, locked.catalogVersion)
    // Under their locks the customers stay as the locks found them, whenever they are read.
    const before = isAsRemembered ? remembered : await currentCustomers(client, asked.keys(), locked.versions, memory.customers)
    const prepared = prepareBatch(works, before, locked.operations)
    if (prepared.writes.length === 0) return leave(client)
    await write(client, prepared, [...relaxing(client, works), ...placeToGiveUp(doubt, before, prepared)])
    for (const customer of prepared.after) memory.customers.put(customer)
  } catch (error) {
    leave(client)
    throw error
  }
}

function rememberedOf(customerIds: Iterable<string>, cache: CustomerCache): ReadonlyMap<string, KnownCustomer> {
  const remembered = new Map<string, KnownCustomer>()
  for (const id of customerIds) {
    const known = cache.get(id)
    if (known !== undefined) remembered.set(id, known)
  }
  return remembered
}

/** What lets a batch of relaxed works alone be answered before it is on the disk. */
export function relaxing(client: pg.ClientBase, works: readonly Work[]): readonly Query[] {
  return canRelax(client) && works.every((work) => work.relaxed === true) ? [{ statement: RELAX, values: [] }] : []
}

interface Locked {
  /** The customers' last entries, by the keys of the customers. */
  readonly versions: ReadonlyMap<string, Version>
  readonly operations: ReadonlyMap<string, Operation>
  readonly catalogVersion: number
  /** The batch that wrote what is in doubt; null when it is not there. */
  readonly batchInDoubt: string | null
}

/** The first round trip. What comes after the locks is looked up by statements of its own: they see what the holders before committed. */
async function lock(client: pg.ClientBase, works: readonly Work[], keys: readonly string[], doubt: Doubt | null): Promise<Locked> {
  const customers = textArray(keys)
  const named = textArray([...new Set(works.flatMap(({ operationId }) => (operationId === null ? [] : [keyOf(operationId)])))])
  const answers = await roundTrip(client, [
    { statement: BEGIN, values: [] },
    { statement: LOCK_CUSTOMERS, values: [customers] },
    { statement: LAST_ENTRIES, values: [customers] },
    { statement: CATALOG_VERSION, values: [] },
    { statement: LOCK_OPERATIONS, values: [named] },
    ...(doubt === null ? [] : lookForDoubt(doubt)),
  ])
  const [, , last, version, operations] = answers
  return {
    versions: versionsOf(last?.rows ?? []),
    operations: new Map(operations?.rows.map(operationOf).map((operation) => [operation.id, operation])),
    catalogVersion: Number(version?.rows[0]?.[0]),
    batchInDoubt: doubt === null ? null : (answers.at(-1)?.rows[0]?.[0] ?? null),
  }
}

/**
 * Finds who wrote what is in doubt. By then the batch in doubt has ended, if it wrote an entry: it held the customer's lock, or its place. One
 * that wrote operations alone makes whoever writes them again wait for its end, and fail if it took effect.
 */
function lookForDoubt(doubt: Doubt): readonly Query[] {
  if (doubt.kind === 'operation') return [{ statement: BATCH_OF_OPERATION, values: [keyOf(doubt.operationId)] }]
  const key = keyOf(doubt.customerId)
  return [...(doubt.created ? [{ statement: HOLD_PLACE, values: [key] }] : []), { statement: BATCH_OF_ENTRY, values: [key, doubt.seq] }]
}

/** Ends a transaction that has nothing to keep. Nothing depends on how that goes. */
export function leave(client: pg.ClientBase): void {
  roundTrip(client, [{ statement: ROLLBACK, values: [] }]).catch(ignore)
}

function ignore(): void {}

/** The place that was held for a customer, if the batch now leaves it empty. */
function placeToGiveUp(doubt: Doubt | null, before: ReadonlyMap<string, KnownCustomer>, { after }: PreparedBatch): readonly Query[] {
  if (doubt?.kind !== 'entry' || !doubt.created) return []
  const { customerId } = doubt
  const isTaken = before.has(customerId) || after.some(({ state }) => state.id === customerId)
  return isTaken ? [] : [{ statement: GIVE_UP_PLACE, values: [keyOf(customerId)] }]
}

/** The second round trip. */
async function write(client: pg.ClientBase, { writes, doubt }: PreparedBatch, first: readonly Query[]): Promise<void> {
  try {
    await roundTrip(client, [...first, ...writes, { statement: COMMIT, values: [] }])
  } catch (error) {
    // What the server refuses, it has not committed.
    throw faultOf(error) === 'lost' ? new CommitInDoubtError(doubt, error) : error
  }
}
