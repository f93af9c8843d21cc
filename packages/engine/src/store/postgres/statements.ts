import type { Statement } from './roundTrip.ts'

/*
 * Everything that the path of a call sends: plain SQL that touches rows of the batch's customers alone. A list comes as one array, so that the
 * text is the same for every batch and planned once.
 */

const statement = (name: string, text: string): Statement => ({ name: `tollgate_${name}`, text })

export const BEGIN = statement('begin', 'BEGIN ISOLATION LEVEL READ COMMITTED')
export const COMMIT = statement('commit', 'COMMIT')
export const ROLLBACK = statement('rollback', 'ROLLBACK')

/** Lets the commit be answered before it is on the disk. It gets there in order, so that nothing durable rests on something lost. */
export const RELAX = statement('relax', 'SET LOCAL synchronous_commit = off')

/** Waits for every batch that concerns one of these customers, then keeps others waiting. All lock in the same order: no deadlock. */
export const LOCK_CUSTOMERS = statement(
  'lock_customers',
  'SELECT customer_id FROM tollgate.customers WHERE customer_id = ANY($1::text[]) ORDER BY customer_id FOR UPDATE',
)

/** Key, number and batch of each customer's last entry. */
export const LAST_ENTRIES = statement(
  'last_entries',
  `SELECT k.customer_id, e.seq, e.batch FROM unnest($1::text[]) AS k (customer_id)
   CROSS JOIN LATERAL (
     SELECT seq, batch FROM tollgate.entries WHERE customer_id = k.customer_id ORDER BY seq DESC LIMIT 1) e`,
)

/**
 * Key, number and batch of each customer's last entry; the state stored last; and the entries since, one a line: the time, a space, the
 * changes.
 */
export const LOAD_CUSTOMERS = statement(
  'load_customers',
  `SELECT k.customer_id, l.seq, l.batch, s.state,
     (SELECT string_agg(e.at || ' ' || e.changes, E'\\n' ORDER BY e.seq) FROM tollgate.entries e
      WHERE e.customer_id = k.customer_id AND e.seq > coalesce(s.seq, 0))
   FROM unnest($1::text[]) AS k (customer_id)
   CROSS JOIN LATERAL (
     SELECT seq, batch FROM tollgate.entries WHERE customer_id = k.customer_id ORDER BY seq DESC LIMIT 1) l
   LEFT JOIN LATERAL (SELECT seq, state FROM tollgate.states WHERE customer_id = k.customer_id LIMIT 1) s ON true`,
)

/** The version of the catalog; 0 when there is none. */
export const CATALOG_VERSION = statement('catalog_version', 'SELECT coalesce((SELECT version FROM tollgate.catalog WHERE id = 1), 0)')

/** Locked, since an id that has expired may be taken over by another customer, whose lock is another. */
export const LOCK_OPERATIONS = statement(
  'lock_operations',
  'SELECT record FROM tollgate.operations WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE',
)

/** Fails, by a division by zero, unless the customers' last entries are the ones expected, and the catalog's version is. */
export const ASSERT_AS_REMEMBERED = statement(
  'assert_as_remembered',
  `SELECT 1 / (count(*) = cardinality($1::text[]) AND coalesce((SELECT version FROM tollgate.catalog WHERE id = 1), 0) = $4::bigint)::integer
   FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS k (customer_id, seq, batch)
   CROSS JOIN LATERAL (
     SELECT seq, batch FROM tollgate.entries WHERE customer_id = k.customer_id ORDER BY seq DESC LIMIT 1) e
   WHERE e.seq = k.seq AND e.batch = k.batch`,
)

/** Fails, by a division by zero, if one of the operations is known. */
export const ASSERT_UNKNOWN_OPERATIONS = statement(
  'assert_unknown_operations',
  'SELECT 1 / (count(*) = 0)::integer FROM tollgate.operations WHERE id = ANY($1::text[])',
)

/** The server's clock in µs, read once a statement: entries and customers are put in order by it. */
const NOW = '(SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)'

/** Of customers that are new or found by other texts than before. The first to be recorded keeps its place. */
export const WRITE_CUSTOMERS = statement(
  'write_customers',
  `INSERT INTO tollgate.customers (customer_id, created, deleted, search)
   SELECT customer_id, ${NOW} + place, deleted, search
   FROM unnest($1::text[], $2::integer[], $3::boolean[], $4::text[]) AS new (customer_id, place, deleted, search)
   ON CONFLICT (customer_id) DO UPDATE SET
     created = CASE customers.created WHEN 0 THEN excluded.created ELSE customers.created END,
     deleted = excluded.deleted, search = excluded.search`,
)

/** Fails when another process created one of the customers meanwhile: an entry's number is taken once. */
export const APPEND_ENTRIES = statement(
  'append_entries',
  `INSERT INTO tollgate.entries (customer_id, seq, at, recorded, batch, operation_id, changes)
   SELECT customer_id, seq, at, ${NOW} + place, $1::bigint, operation_id, changes
   FROM unnest($2::text[], $3::bigint[], $4::double precision[], $5::text[], $6::text[])
     WITH ORDINALITY AS new (customer_id, seq, at, operation_id, changes, place)`,
)

export const WRITE_STATES = statement(
  'write_states',
  `INSERT INTO tollgate.states (customer_id, seq, state)
   SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
   ON CONFLICT (customer_id) DO UPDATE SET seq = excluded.seq, state = excluded.state`,
)

/** Of ids that stood for nothing. Fails when another process gave one of them a meaning meanwhile. */
export const ADD_OPERATIONS = statement(
  'add_operations',
  `INSERT INTO tollgate.operations (id, customer_id, batch, expires_day, record)
   SELECT id, customer_id, $1::bigint, expires_day, record
   FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[]) AS new (id, customer_id, expires_day, record)`,
)

export const REPLACE_OPERATIONS = statement(
  'replace_operations',
  `INSERT INTO tollgate.operations (id, customer_id, batch, expires_day, record)
   SELECT id, customer_id, $1::bigint, expires_day, record
   FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[]) AS new (id, customer_id, expires_day, record)
   ON CONFLICT (id) DO UPDATE SET
     customer_id = excluded.customer_id, batch = excluded.batch, expires_day = excluded.expires_day, record = excluded.record`,
)

/** The batch that recorded an entry. */
export const BATCH_OF_ENTRY = statement('batch_of_entry', 'SELECT batch FROM tollgate.entries WHERE customer_id = $1 AND seq = $2')

/** The batch that wrote an operation's record. */
export const BATCH_OF_OPERATION = statement('batch_of_operation', 'SELECT batch FROM tollgate.operations WHERE id = $1')

/** Keeps a customer's place taken until the transaction ends; waits for another transaction that is creating it. */
export const HOLD_PLACE = statement(
  'hold_place',
  `INSERT INTO tollgate.customers (customer_id, created, deleted, search) VALUES ($1, 0, false, '')
   ON CONFLICT (customer_id) DO NOTHING`,
)

export const GIVE_UP_PLACE = statement('give_up_place', 'DELETE FROM tollgate.customers WHERE customer_id = $1 AND created = 0')
