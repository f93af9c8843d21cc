import type { Migration } from './migration.ts'

/** The tables of the ledger. Immutable: what changes later comes in a migration of its own. */
export const ledger: Migration = {
  version: 1,
  name: 'ledger',
  statements: [
    // A row to lock, which calls do not rewrite: how the customer stands is told by its entries.
    `CREATE TABLE tollgate.customers (
      customer_id text COLLATE "C" PRIMARY KEY,
      created bigint NOT NULL,
      deleted boolean NOT NULL,
      search text NOT NULL
    ) WITH (fillfactor = 90)`,
    'CREATE INDEX customers_created ON tollgate.customers (created, customer_id)',

    // The truth: never changed, never deleted by a call. at is the customer's time in ms, recorded the server's in µs.
    `CREATE TABLE tollgate.entries (
      customer_id text COLLATE "C" NOT NULL,
      seq bigint NOT NULL,
      at double precision NOT NULL,
      recorded bigint NOT NULL,
      batch bigint NOT NULL,
      operation_id text,
      changes text NOT NULL,
      PRIMARY KEY (customer_id, seq)
    )`,
    'CREATE INDEX entries_recorded ON tollgate.entries (recorded)',

    // Each customer's entries folded up to one of them. Renewed now and then, so that the entries after it stay few.
    `CREATE TABLE tollgate.states (
      customer_id text COLLATE "C" PRIMARY KEY,
      seq bigint NOT NULL,
      state text NOT NULL
    ) WITH (fillfactor = 70)`,

    // Ids of operations are unique over all customers. The day of expiry seldom changes: most updates stay in their page.
    `CREATE TABLE tollgate.operations (
      id text COLLATE "C" PRIMARY KEY,
      customer_id text COLLATE "C" NOT NULL,
      batch bigint NOT NULL,
      expires_day integer NOT NULL,
      record text NOT NULL
    ) WITH (fillfactor = 80)`,
    'CREATE INDEX operations_expires_day ON tollgate.operations (expires_day)',

    `CREATE TABLE tollgate.catalog (
      id smallint PRIMARY KEY CHECK (id = 1),
      version bigint NOT NULL,
      catalog text NOT NULL
    )`,
  ],
}
