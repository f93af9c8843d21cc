import type { Memory } from './memory.ts'

/** How far the ledger is known: the last position of each kind. */
export interface LedgerMark {
  readonly entries: number
  readonly operations: number
}

/** Notes what was recorded after a mark and may be in no folded table. Customers are read when they are needed. */
export function replay({ customers, entries, entryIndex, operations, operationIndex }: Memory, mark: LedgerMark): void {
  const numbers = new Map<string, number | null>()
  for (const { customerId, seq, at, position } of entries.placesAfter(mark.entries)) {
    const number = numbers.get(customerId) ?? customers.numberOf(customerId)
    if (number === null) throw new Error(`entry ${position} belongs to customer '${customerId}', who is missing`)
    numbers.set(customerId, number)
    entryIndex.note({ number, seq, at, position })
  }
  for (const { id, position } of operations.idsAfter(mark.operations)) operationIndex.note(id, position)
}
