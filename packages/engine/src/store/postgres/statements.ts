import type { Statement } from './connection.ts'

/*
 * Everything that the path of a call sends. Plain SQL that touches rows of the batch's customers alone. Each list comes as one array, so that
 * the text is the same for every batch and planned once.
 */

const statement = (name: string, text: string): Statement => ({ name: `tollgate_${name}`, text })

export const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED'
export const COMMIT = 'COMMIT'
export const ROLLBACK = 'ROLLBACK'

/** Waits for every batch that concerns one of these customers, then keeps others waiting. Always in the same order: no deadlock. */
export const LOCK_CUSTOMERS = statement(
  'lock_customers',
  `SELECT customer_id, seq, batch FROM tollgate.customers
   WHERE customer_id = ANY($1::text[]) ORDER BY customer_id FOR UPDATE`,
)
export interface CustomerRow {
  readonly customer_id: string
  /** Numbers of 64 bits come as text. */
  readonly seq: string
  readonly batch: string
}

/** The server's clock in µs, by which entries and customers are put in order, and the version of the catalog; 0 when there is none. */
export const NOW = statement(
  'now',
  `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
          coalesce((SELECT version FROM tollgate.catalog WHERE id = 1), 0) AS catalog`,
)
export interface NowRow {
  readonly now: string
  readonly catalog: string
}

/** Locked: what an expired id stands for may be taken over by another customer, whose lock is another. */
export const LOCK_OPERATIONS = statement(
  'lock_operations',
  'SELECT id, record FROM tollgate.operations WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE',
)
export interface OperationRow {
  readonly id: string
  /** The operation as JSON. */
  readonly record: string
}

export const CUSTOMERS = statement(
  'customers',
  'SELECT customer_id, seq, batch FROM tollgate.customers WHERE customer_id = ANY($1::text[])',
)

export const OPERATIONS = statement('operations', 'SELECT id, record FROM tollgate.operations WHERE id = ANY($1::text[])')

/** Each customer's last stored state, and its entries since, one a line: the time, a space, the changes. */
export const LOAD_CUSTOMERS = statement(
  'load_customers',
  `SELECT c.customer_id, c.seq, c.batch, s.state,
     (SELECT string_agg(e.at || ' ' || e.changes, E'\\n' ORDER BY e.seq) FROM tollgate.entries e
      WHERE e.customer_id = c.customer_id AND e.seq > coalesce(s.seq, 0)) AS tail
   FROM tollgate.customers c
   LEFT JOIN LATERAL (SELECT seq, state FROM tollgate.states WHERE customer_id = c.customer_id LIMIT 1) s ON true
   WHERE c.customer_id = ANY($1::text[])`,
)
export interface LoadedRow extends CustomerRow {
  readonly state: string | null
  readonly tail: string | null
}

/** A customer keeps its place among the others. */
export const WRITE_CUSTOMERS = statement(
  'write_customers',
  `INSERT INTO tollgate.customers (customer_id, seq, batch, created, deleted, search)
   SELECT customer_id, seq, $1::bigint, created, deleted, search
   FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[]) AS new (customer_id, seq, created, deleted, search)
   ON CONFLICT (customer_id) DO UPDATE
   SET seq = excluded.seq, batch = excluded.batch, deleted = excluded.deleted, search = excluded.search`,
)

/** Fails when another process created one of these customers meanwhile: an entry's number is taken once. */
export const APPEND_ENTRIES = statement(
  'append_entries',
  `INSERT INTO tollgate.entries (customer_id, seq, at, recorded, operation_id, batch, changes)
   SELECT customer_id, seq, at, recorded, operation_id, $1::bigint, changes
   FROM unnest($2::text[], $3::bigint[], $4::double precision[], $5::bigint[], $6::text[], $7::text[])
     AS new (customer_id, seq, at, recorded, operation_id, changes)`,
)

export const WRITE_STATES = statement(
  'write_states',
  `INSERT INTO tollgate.states (customer_id, seq, state)
   SELECT customer_id, seq, state FROM unnest($1::text[], $2::bigint[], $3::text[]) AS new (customer_id, seq, state)
   ON CONFLICT (customer_id) DO UPDATE SET seq = excluded.seq, state = excluded.state`,
)

/** Of ids that stood for nothing. Fails when another process gave one of them a meaning meanwhile. */
export const ADD_OPERATIONS = statement(
  'add_operations',
  `INSERT INTO tollgate.operations (id, expires_day, record)
   SELECT id, expires_day, record FROM unnest($1::text[], $2::integer[], $3::text[]) AS new (id, expires_day, record)`,
)

export const REPLACE_OPERATIONS = statement(
  'replace_operations',
  `INSERT INTO tollgate.operations (id, expires_day, record)
   SELECT id, expires_day, record FROM unnest($1::text[], $2::integer[], $3::text[]) AS new (id, expires_day, record)
   ON CONFLICT (id) DO UPDATE SET expires_day = excluded.expires_day, record = excluded.record`,
)

/** The batch that recorded an entry. */
export const BATCH_OF = statement('batch_of', 'SELECT batch FROM tollgate.entries WHERE customer_id = $1 AND seq = $2')

/** Keeps a customer's place taken until the transaction ends; waits for another transaction that is creating it. */
export const HOLD_PLACE = statement(
  'hold_place',
  `INSERT INTO tollgate.customers (customer_id, seq, batch, created, deleted, search) VALUES ($1, 0, 0, 0, false, '')
   ON CONFLICT (customer_id) DO NOTHING`,
)

export const GIVE_UP_PLACE = statement('give_up_place', 'DELETE FROM tollgate.customers WHERE customer_id = $1 AND seq = 0')

/** Passes over what a batch is using. */
export const FORGET_OPERATIONS = statement(
  'forget_operations',
  `DELETE FROM tollgate.operations WHERE id IN (
     SELECT id FROM tollgate.operations WHERE expires_day < $1 ORDER BY expires_day LIMIT $2 FOR UPDATE SKIP LOCKED)`,
)

export const TOTALS = statement('totals', 'SELECT count(*) AS customers, coalesce(sum(seq), 0) AS entries FROM tollgate.customers')
export interface TotalsRow {
  readonly customers: string
  readonly entries: string
}

export const READ_CATALOG = statement('read_catalog', 'SELECT version, catalog FROM tollgate.catalog WHERE id = 1')
export const ADD_CATALOG = statement(
  'add_catalog',
  'INSERT INTO tollgate.catalog (id, version, catalog) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING',
)
export const REPLACE_CATALOG = statement(
  'replace_catalog',
  'UPDATE tollgate.catalog SET version = $1, catalog = $2 WHERE id = 1 AND version = $3',
)
