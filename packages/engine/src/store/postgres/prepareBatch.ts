import { randomBytes } from 'node:crypto'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Work } from '../store.ts'
import { batchWrites } from './batchWrites.ts'
import type { KnownCustomer } from './customerCache.ts'
import { type DecidedBatch, decideBatch } from './decideBatch.ts'
import type { Query } from './roundTrip.ts'

/** A state is stored anew once so many entries came after the one stored last: few entries to fold on reading, few states to write. */
const ENTRIES_PER_STATE = 16

/** What a batch wrote whose commit was not answered: where its mark is found, all of it is there. */
export type Doubt = { readonly batch: string } & (
  | {
      readonly kind: 'entry'
      readonly customerId: string
      readonly seq: number
      /** The batch created the customer: there may be no row yet to lock. */
      readonly created: boolean
    }
  | { readonly kind: 'operation'; readonly operationId: string }
)

/** A batch that is decided and encoded. */
export interface PreparedBatch {
  /** Empty when the batch changes nothing. */
  readonly writes: readonly Query[]
  /** The customers that it changes, as they will stand. */
  readonly after: readonly KnownCustomer[]
  /** The ids of operations that were named and get no first meaning. */
  readonly onlyLooked: ReadonlySet<string>
  /** What to look for should the commit not be answered. */
  readonly doubt: Doubt
}

/**
 * Decides a batch and encodes what it writes.
 *
 * @param before the batch's customers as they stand.
 * @param operations what the operation ids that the works name stand for.
 */
export function prepareBatch(
  works: readonly Work[],
  before: ReadonlyMap<string, KnownCustomer>,
  operations: ReadonlyMap<string, Operation>,
): PreparedBatch {
  const decided = decideBatch(works, before, operations)
  const batch = randomBytes(8).readBigInt64BE().toString()
  const after: KnownCustomer[] = []
  const listed: CustomerState[] = []
  const stored: CustomerState[] = []
  for (const state of decided.customers.values()) {
    const known = before.get(state.id)
    const storedSeq = known?.storedSeq ?? 0
    const isDue = state.seq - storedSeq >= ENTRIES_PER_STATE
    if (isDue) stored.push(state)
    if (!isListedAlike(known?.state, state)) listed.push(state)
    after.push({ state, batch, seq: state.seq, storedSeq: isDue ? state.seq : storedSeq })
  }
  const looked = new Set<string>()
  for (const { operationId } of works) if (operationId !== null) looked.add(operationId)
  const added: Operation[] = []
  const replaced: Operation[] = []
  for (const operation of decided.operations.values()) {
    const isFree = !operations.has(operation.id) && looked.delete(operation.id)
    if (isFree) added.push(operation)
    else replaced.push(operation)
  }
  return {
    writes: batchWrites({ entries: decided.entries, listed, stored, added, replaced }, batch),
    after,
    onlyLooked: looked,
    doubt: doubtAbout(decided, before, batch),
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

/** Best an entry of a customer that has a row to lock. */
function doubtAbout({ entries, operations }: DecidedBatch, before: ReadonlyMap<string, KnownCustomer>, batch: string): Doubt {
  const entry = entries.find(({ customerId }) => before.has(customerId)) ?? entries[0]
  if (entry !== undefined) {
    const { customerId, seq } = entry
    return { kind: 'entry', batch, customerId, seq, created: !before.has(customerId) }
  }
  const [operationId = ''] = operations.keys()
  return { kind: 'operation', batch, operationId }
}
