import type { Migration, Schema } from '@tollgate/engine/postgres'

const outbox: Migration = {
  version: 1,
  name: 'outbox',
  statements: [
    // The processes that write here. Who has not said for a while that it lives, is gone.
    `CREATE TABLE tollgate_outbox.owners (
      id text COLLATE "C" PRIMARY KEY,
      alive_until bigint NOT NULL
    )`,

    `CREATE TABLE tollgate_outbox.operations (
      id text COLLATE "C" PRIMARY KEY,
      customer_id text COLLATE "C" NOT NULL,
      entity_id text,
      procedure text NOT NULL,
      fingerprint text NOT NULL,
      status text NOT NULL CHECK (status IN ('running', 'done')),
      hold_id text NOT NULL,
      owner text NOT NULL,
      expires_at bigint NOT NULL,
      at bigint NOT NULL,
      kind text NOT NULL DEFAULT 'use' CHECK (kind IN ('use', 'refund')),
      items text NOT NULL DEFAULT '[]',
      answer text
    ) WITH (fillfactor = 80)`,
    `CREATE INDEX operations_by_customer ON tollgate_outbox.operations (customer_id, at, id) WHERE status = 'done'`,
    'CREATE INDEX operations_by_age ON tollgate_outbox.operations (at)',

    `CREATE TABLE tollgate_outbox.deliveries (
      key text COLLATE "C" PRIMARY KEY,
      customer_id text COLLATE "C" NOT NULL,
      operation_id text COLLATE "C",
      body text NOT NULL,
      at bigint NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      next_at bigint NOT NULL,
      claimed_by text,
      claimed_until bigint NOT NULL DEFAULT 0,
      error text,
      dead_at bigint
    ) WITH (fillfactor = 80)`,
    'CREATE INDEX deliveries_due ON tollgate_outbox.deliveries (next_at) WHERE dead_at IS NULL',
    'CREATE INDEX deliveries_by_customer ON tollgate_outbox.deliveries (customer_id, operation_id)',

    // spent counts the smallest steps of a unit.
    `CREATE TABLE tollgate_outbox.leases (
      lock_id text COLLATE "C" PRIMARY KEY,
      customer_id text COLLATE "C" NOT NULL,
      entity_id text,
      feature_id text NOT NULL,
      units double precision NOT NULL,
      spent numeric NOT NULL DEFAULT 0,
      expires_at bigint NOT NULL,
      owner text NOT NULL
    )`,
  ],
}

/** The outbox beside the application's own tables. */
export const OUTBOX: Schema = { name: 'tollgate_outbox', migrations: [outbox] }
