/** The outbox's schema, one step after the other; a step that was released is never changed. */
export const migrations: readonly string[] = [
  `
  PRAGMA application_id = ${0x746f_6c6f};
  CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    entity_id TEXT,
    procedure TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done')),
    hold_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL DEFAULT 'use' CHECK (kind IN ('use', 'refund')),
    items TEXT NOT NULL DEFAULT '[]',
    answer TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operation_by_customer ON operation (customer_id, at, id) WHERE status = 'done';
  CREATE INDEX operation_by_age ON operation (at);
  CREATE TABLE delivery (
    key TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    operation_id TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_until INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    dead_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_due ON delivery (next_at) WHERE dead_at IS NULL;
  CREATE INDEX delivery_by_customer ON delivery (customer_id);
  CREATE TABLE lease (
    lock_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    entity_id TEXT,
    feature_id TEXT NOT NULL,
    units REAL NOT NULL,
    spent TEXT NOT NULL DEFAULT '0',
    expires_at INTEGER NOT NULL,
    owner TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
]
