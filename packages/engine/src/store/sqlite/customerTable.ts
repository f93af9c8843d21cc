import type { DatabaseSync } from 'node:sqlite'
import { decodeCustomer } from '../../core/codec.ts'
import type { CustomerState } from '../../core/customer.ts'
import { givenText, storedText } from '../storedText.ts'

/** Who the customers are, and their folded states. */
export interface CustomerTable {
  /** Notes a customer when its first entry is recorded, inside the open transaction. */
  insert(number: number, state: CustomerState): void
  /** Notes what a customer is found by, if an entry changed it, inside the open transaction. */
  update(number: number, before: CustomerState, state: CustomerState): void
  /** A customer's number and saved state; null when there is no such customer. */
  read(customerId: string): SavedCustomer | null
  numberOf(customerId: string): number | null
  /** Customers beyond a number, in the order asked, with whether they are wanted. */
  list(query: ListQuery): readonly ListedCustomer[]
  count(): number
}

export interface SavedCustomer {
  readonly number: number
  /** Null when it was not saved yet. */
  readonly state: CustomerState | null
}

export interface ListQuery {
  readonly order: 'oldest' | 'newest'
  /** The number that the list continues after. */
  readonly beyond: number
  readonly search: string
  readonly limit: number
}

export interface ListedCustomer {
  readonly number: number
  readonly id: string
  readonly deleted: boolean
  readonly found: boolean
}

export function createCustomerTable(database: DatabaseSync): CustomerTable {
  const insert = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?)')
  const update = database.prepare('UPDATE customers SET search = ?, deleted = ? WHERE number = ?')
  const select = database.prepare('SELECT number, document FROM customers LEFT JOIN states USING (number) WHERE id = ?')
  const selectNumber = database.prepare('SELECT number FROM customers WHERE id = ?')
  const columns = "number, id, deleted, ?1 = '' OR instr(search, ?1) > 0 AS found"
  const selectNewest = database.prepare(`SELECT ${columns} FROM customers WHERE number < ?2 ORDER BY number DESC LIMIT ?3`)
  const selectOldest = database.prepare(`SELECT ${columns} FROM customers WHERE number > ?2 ORDER BY number LIMIT ?3`)
  const selectCount = database.prepare('SELECT count(*) AS count FROM customers')

  return {
    insert(number, state) {
      insert.run(number, storedText(state.id), searchTextOf(state), state.deletedAt === null ? 0 : 1)
    },
    update(number, before, state) {
      if (before.name === state.name && before.email === state.email && before.deletedAt === state.deletedAt) return
      update.run(searchTextOf(state), state.deletedAt === null ? 0 : 1, number)
    },
    read(customerId) {
      const row = select.get(storedText(customerId))
      if (row === undefined) return null
      const document = row['document']
      return { number: Number(row['number']), state: typeof document === 'string' ? decodeCustomer(document) : null }
    },
    numberOf(customerId) {
      const row = selectNumber.get(storedText(customerId))
      return row === undefined ? null : Number(row['number'])
    },
    list({ order, beyond, search, limit }) {
      const select = order === 'newest' ? selectNewest : selectOldest
      return select.all(storedText(search.toLowerCase()), beyond, limit).map((row) => ({
        number: Number(row['number']),
        id: givenText(String(row['id'])),
        deleted: row['deleted'] === 1,
        found: row['found'] === 1,
      }))
    },
    count: () => Number(selectCount.get()?.['count']),
  }
}

function searchTextOf({ id, name, email }: CustomerState): string {
  return storedText([id, name ?? '', email ?? ''].join('\n').toLowerCase())
}
