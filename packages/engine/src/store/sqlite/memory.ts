import type { CustomerTable } from './customerTable.ts'
import type { EntryTable } from './entryTable.ts'
import type { OperationIndex } from './operationIndex.ts'
import type { OperationTable } from './operationTable.ts'
import type { Resident } from './resident.ts'
import type { Residents } from './residents.ts'

/** What is in memory of a database, and the tables it comes from. */
export interface Memory {
  readonly residents: Residents
  readonly customers: CustomerTable
  readonly entries: EntryTable
  readonly operations: OperationTable
  readonly operationIndex: OperationIndex
}

/** The customer in memory, brought in from its table if need be; null when there is none. */
export function findResident({ residents, customers }: Memory, customerId: string): Resident | null {
  const known = residents.get(customerId)
  if (known !== undefined) return known
  const loaded = customers.load(customerId)
  if (loaded !== null) residents.add(loaded)
  return loaded
}
