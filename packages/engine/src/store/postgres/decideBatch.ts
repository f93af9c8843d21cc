import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import { assertFollows } from '../assertFollows.ts'
import type { Work } from '../store.ts'

/** What a batch writes, in the order in which it was decided. */
export interface DecidedBatch {
  readonly entries: readonly Entry[]
  /** The customers whose entries they are, as they stand after the last of them. */
  readonly customers: ReadonlyMap<string, CustomerState>
  readonly operations: ReadonlyMap<string, Operation>
}

/** Decides the works of a batch, each on top of those before it. */
export function decideBatch(
  works: readonly Work[],
  before: ReadonlyMap<string, { readonly state: CustomerState }>,
  remembered: ReadonlyMap<string, Operation>,
): DecidedBatch {
  const entries: Entry[] = []
  const customers = new Map<string, CustomerState>()
  const operations = new Map<string, Operation>()
  for (const work of works) {
    const { customerId, operationId } = work
    const state = customers.get(customerId) ?? before.get(customerId)?.state ?? null
    const known = operationId === null ? null : (operations.get(operationId) ?? remembered.get(operationId) ?? null)
    const effect = work.run(state, known)
    assertFollows(work, state, effect)
    if (effect.entry !== null && effect.state !== null) {
      entries.push(effect.entry)
      customers.set(customerId, effect.state)
    }
    if (effect.operation !== null) operations.set(effect.operation.id, effect.operation)
  }
  return { entries, customers, operations }
}
