CREATE TABLE catalog (
  version INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE TABLE customers (
  number INTEGER PRIMARY KEY, -- the position of the customer's first entry
  id TEXT NOT NULL UNIQUE,
  search TEXT NOT NULL, -- id, name and email in lower case
  deleted INTEGER NOT NULL
) STRICT;

CREATE TABLE entries (
  position INTEGER PRIMARY KEY, -- counts the entries of all customers in the order in which they were recorded, without gaps
  customer_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at REAL NOT NULL,
  operation_id TEXT,
  changes TEXT NOT NULL
) STRICT;

CREATE TABLE entry_positions (
  number INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at REAL NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (number, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE fold_mark (
  entries INTEGER NOT NULL, -- the last position that was folded
  operations INTEGER NOT NULL,
  hash_seed INTEGER NOT NULL
) STRICT;

CREATE TABLE operation_positions (
  hash INTEGER NOT NULL, -- of the operation's id
  position INTEGER NOT NULL,
  PRIMARY KEY (hash, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
  position INTEGER PRIMARY KEY, -- of the rows with one id, the last one counts
  id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status TEXT NOT NULL,
  hold_id TEXT,
  seq INTEGER,
  result TEXT,
  at REAL NOT NULL,
  expires_at REAL NOT NULL
) STRICT;

CREATE TABLE states (
  number INTEGER PRIMARY KEY,
  document TEXT NOT NULL
) STRICT;
