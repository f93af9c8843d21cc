import type pg from 'pg'
import { decodeChanges } from '../../core/codec.ts'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import type { CustomerQuery, EntryQuery, OperationQuery, Page, Totals } from '../store.ts'
import { givenText } from '../storedText.ts'
import { loadCustomers } from './currentCustomers.ts'
import { idOfKey, keyOf } from './key.ts'
import { operationOf } from './operations.ts'
import { type Condition, pageOf, pageQuery } from './pageQuery.ts'
import { ask, type Row, unprepared } from './roundTrip.ts'
import { searchedText } from './searchable.ts'

const SELECT_ENTRY = 'SELECT recorded, customer_id, seq, at, operation_id, changes FROM tollgate.entries'

/** The customer's entry with a number; null when there is none. */
export async function readEntry(client: pg.ClientBase, customerId: string, seq: number): Promise<Entry | null> {
  const [row] = await ask(client, unprepared(`${SELECT_ENTRY} WHERE customer_id = $1 AND seq = $2`), [keyOf(customerId), seq])
  return row ? entryOf(row, customerId) : null
}

/** A page of entries: of one customer by number, of all by when the server recorded them. */
export async function pageOfEntries(client: pg.ClientBase, query: EntryQuery): Promise<Page<Entry>> {
  const { customerId, from, until } = query
  const conditions: Condition[] = []
  if (customerId !== undefined) conditions.push(['customer_id = ?', keyOf(customerId)])
  if (from !== undefined) conditions.push(['at >= ?', from])
  if (until !== undefined) conditions.push(['at < ?', until])
  const places = customerId === undefined ? ['recorded', 'customer_id', 'seq'] : ['seq']
  const select = pageQuery(SELECT_ENTRY, places, conditions, query)
  if (select === null) return { items: [], nextCursor: null }
  const rows = await ask(client, select.statement, select.values)
  const page = pageOf(rows, query.limit, (row) => (customerId === undefined ? row.slice(0, 3) : row.slice(2, 3)))
  const idOf = await idsOf(client, page.items)
  return { ...page, items: page.items.map((row) => entryOf(row, idOf(String(row[1])))) }
}

/** A page of customers by when the server first recorded them. */
export async function pageOfCustomers(client: pg.ClientBase, query: CustomerQuery): Promise<Page<CustomerState>> {
  const { order = 'newest', search, includeDeleted = false } = query
  const conditions: Condition[] = []
  if (!includeDeleted) conditions.push(['deleted = ?', false])
  if (search) conditions.push(['position(? IN search) > 0', searchedText(search)])
  const places = ['created', 'customer_id']
  const select = pageQuery('SELECT created, customer_id FROM tollgate.customers', places, conditions, { ...query, order })
  if (select === null) return { items: [], nextCursor: null }
  const page = pageOf(await ask(client, select.statement, select.values), query.limit, (row) => row)
  const keys = page.items.map((row) => String(row[1]))
  const loaded = await loadCustomers(client, keys)
  const states = new Map(loaded.map(({ state }) => [keyOf(state.id), state]))
  return { ...page, items: keys.flatMap((key) => states.get(key) ?? []) }
}

/** A page of what is remembered of operations, by id. */
export async function pageOfOperations(client: pg.ClientBase, query: OperationQuery): Promise<Page<Operation>> {
  const conditions: Condition[] = query.customerId === undefined ? [] : [['customer_id = ?', keyOf(query.customerId)]]
  const select = pageQuery('SELECT record, id FROM tollgate.operations', ['id'], conditions, { ...query, order: 'oldest' })
  if (select === null) return { items: [], nextCursor: null }
  const page = pageOf(await ask(client, select.statement, select.values), query.limit, (row) => row.slice(1))
  return { ...page, items: page.items.map(operationOf) }
}

/** Counts customers and entries. Entries are numbered without gaps: the last number of each customer says how many it has. */
export async function readTotals(client: pg.ClientBase): Promise<Totals> {
  const count = `SELECT count(*), coalesce(sum(last.seq), 0) FROM tollgate.customers c CROSS JOIN LATERAL (
    SELECT seq FROM tollgate.entries WHERE customer_id = c.customer_id ORDER BY seq DESC LIMIT 1) last`
  const [row] = await ask(client, unprepared(count))
  return { customers: Number(row?.[0]), entries: Number(row?.[1]) }
}

/** Tells the customer of a key: by the key, or by the customer's state where the key does not tell. */
async function idsOf(client: pg.ClientBase, rows: readonly Row[]): Promise<(key: string) => string> {
  const keys = new Set(rows.map((row) => String(row[1])))
  const loaded = await loadCustomers(
    client,
    [...keys].filter((key) => idOfKey(key) === null),
  )
  const ids = new Map(loaded.map(({ state }) => [keyOf(state.id), state.id]))
  return (key) => ids.get(key) ?? idOfKey(key) ?? key
}

function entryOf([, , seq, at, operationId = null, changes]: Row, customerId: string): Entry {
  return {
    customerId,
    seq: Number(seq),
    at: Number(at),
    operationId: operationId === null ? null : givenText(operationId),
    changes: decodeChanges(String(changes)),
  }
}
