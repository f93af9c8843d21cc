import type pg from 'pg'
import { decodeChanges } from '../../core/codec.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Entry } from '../../core/entry.ts'
import type { CustomerQuery, EntryQuery, Page } from '../store.ts'
import { givenText } from '../storedText.ts'
import { send } from './connection.ts'
import { loadCustomers } from './currentCustomers.ts'
import { idOfKey, keyOf } from './key.ts'
import { type Condition, pageOf, pageQuery } from './pageQuery.ts'
import { searchedText } from './searchable.ts'

const NOTHING = { items: [], nextCursor: null }

interface EntryRow {
  readonly customer_id: string
  readonly seq: string
  readonly at: number
  readonly recorded: string
  readonly operation_id: string | null
  readonly changes: string
}

const SELECT_ENTRY = 'SELECT customer_id, seq, at, recorded, operation_id, changes FROM tollgate.entries'

/** The customer's entry with a number; null when there is none. */
export async function readEntry(client: pg.ClientBase, customerId: string, seq: number): Promise<Entry | null> {
  const { rows } = await send<EntryRow>(client, `${SELECT_ENTRY} WHERE customer_id = $1 AND seq = $2`, [keyOf(customerId), seq])
  return rows[0] ? entryOf(rows[0], customerId) : null
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
  if (select === null) return NOTHING
  const { rows } = await send<EntryRow>(client, select.text, select.values)
  const page = pageOf(rows, query.limit, (row) => (customerId === undefined ? [row.recorded, row.customer_id, row.seq] : [row.seq]))
  const idOf = await idsOf(client, page.items)
  return { ...page, items: page.items.map((row) => entryOf(row, idOf(row.customer_id))) }
}

interface CreatedRow {
  readonly customer_id: string
  readonly created: string
}

/** A page of customers by when the server first recorded them. */
export async function pageOfCustomers(client: pg.ClientBase, query: CustomerQuery): Promise<Page<CustomerState>> {
  const { order = 'newest', search, includeDeleted = false } = query
  const conditions: Condition[] = []
  if (!includeDeleted) conditions.push(['deleted = ?', false])
  if (search) conditions.push(['position(? IN search) > 0', searchedText(search)])
  const select = pageQuery('SELECT customer_id, created FROM tollgate.customers', ['created', 'customer_id'], conditions, {
    ...query,
    order,
  })
  if (select === null) return NOTHING
  const { rows } = await send<CreatedRow>(client, select.text, select.values)
  const page = pageOf(rows, query.limit, (row) => [row.created, row.customer_id])
  const loaded = await loadCustomers(
    client,
    page.items.map((row) => row.customer_id),
  )
  const states = new Map(loaded.map(({ state }) => [keyOf(state.id), state]))
  return { ...page, items: page.items.flatMap((row) => states.get(row.customer_id) ?? []) }
}

/** Tells the customer of a row: by its key, or by its state where the key does not tell. */
async function idsOf(client: pg.ClientBase, rows: readonly EntryRow[]): Promise<(key: string) => string> {
  const silent = [...new Set(rows.map((row) => row.customer_id).filter((key) => idOfKey(key) === null))]
  const states = await loadCustomers(client, silent)
  const ids = new Map(states.map(({ state }) => [keyOf(state.id), state.id]))
  return (key) => ids.get(key) ?? idOfKey(key) ?? key
}

function entryOf(row: EntryRow, customerId: string): Entry {
  return {
    customerId,
    seq: Number(row.seq),
    at: row.at,
    operationId: row.operation_id === null ? null : givenText(row.operation_id),
    changes: decodeChanges(row.changes),
  }
}
