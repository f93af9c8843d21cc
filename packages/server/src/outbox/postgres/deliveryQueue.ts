import type { NamedStatement } from '@tollgate/engine/postgres'
import type { Delivery } from '../delivery.ts'
import { inTurns } from '../inTurns.ts'
import type { ClaimedDelivery, OutboxCounts } from '../outboxStore.ts'
import { claimedDelivery, keptDelivery, outboxCounts } from '../rows.ts'
import type { Connections } from './connect.ts'
import type { Owner } from './owner.ts'

/** How long a process may take to send what it has claimed, before another one tries. Sending twice does no harm: the key is the same. */
export const CLAIM_MS = 30_000

// What belongs to one operation goes out in the order in which it was recorded: a refund waits for the use that it gives back. Rows that
// another process is claiming at this moment are its own.
const CLAIM: NamedStatement = {
  name: 'outbox_claim',
  text: `WITH due AS (
      SELECT key, claimed_by FROM tollgate_outbox.deliveries AS this
      WHERE dead_at IS NULL AND (next_at <= $2 OR ($1 = 1 AND attempts > 0)) AND claimed_until <= $2
        AND NOT EXISTS (SELECT 1 FROM tollgate_outbox.deliveries AS earlier WHERE earlier.customer_id = this.customer_id
          AND earlier.operation_id = this.operation_id AND earlier.dead_at IS NULL AND earlier.at < this.at)
      ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
    UPDATE tollgate_outbox.deliveries AS claimed SET claimed_by = $4, claimed_until = $5
    FROM due WHERE claimed.key = due.key RETURNING claimed.*, due.claimed_by AS claimed_before`,
}

const REMOVE: NamedStatement = { name: 'outbox_remove', text: 'DELETE FROM tollgate_outbox.deliveries WHERE key = ANY($1::text[])' }

const POSTPONE: NamedStatement = {
  name: 'outbox_postpone',
  text: `UPDATE tollgate_outbox.deliveries SET attempts = attempts + 1, next_at = $2, error = $3, claimed_by = NULL, claimed_until = 0
    WHERE key = $1`,
}

const BURY: NamedStatement = {
  name: 'outbox_bury',
  text: `UPDATE tollgate_outbox.deliveries SET attempts = attempts + 1, dead_at = $2, error = $3, claimed_by = NULL, claimed_until = 0
    WHERE key = $1 AND dead_at IS NULL`,
}

const HASTEN: NamedStatement = {
  name: 'outbox_hasten',
  text: 'UPDATE tollgate_outbox.deliveries SET next_at = $2 WHERE operation_id = $1 AND next_at > $2 AND dead_at IS NULL',
}

const REPLACE: NamedStatement = {
  name: 'outbox_replace',
  text: `WITH gone AS (DELETE FROM tollgate_outbox.deliveries WHERE key = $1)
    INSERT INTO tollgate_outbox.deliveries (key, customer_id, operation_id, body, at, next_at, claimed_by, claimed_until)
    VALUES ($2, $3, $4, $5, $6, $6, $7, $8) ON CONFLICT (key) DO NOTHING`,
}

const PENDING: NamedStatement = {
  name: 'outbox_pending',
  text: 'SELECT 1 FROM tollgate_outbox.deliveries WHERE customer_id = $1 AND dead_at IS NULL LIMIT 1',
}

const COUNTS: NamedStatement = {
  name: 'outbox_counts',
  text: `SELECT count(*) FILTER (WHERE dead_at IS NULL) AS pending, count(dead_at) AS dead, min(at) FILTER (WHERE dead_at IS NULL) AS oldest_at,
    min(greatest(next_at, claimed_until)) FILTER (WHERE dead_at IS NULL) AS next_at FROM tollgate_outbox.deliveries`,
}

const LIST = {
  pending: {
    name: 'outbox_list_pending',
    text: 'SELECT * FROM tollgate_outbox.deliveries WHERE dead_at IS NULL ORDER BY at LIMIT $1',
  },
  dead: { name: 'outbox_list_dead', text: 'SELECT * FROM tollgate_outbox.deliveries WHERE dead_at IS NOT NULL ORDER BY at LIMIT $1' },
} as const

const REVIVE: NamedStatement = {
  name: 'outbox_revive',
  text: `UPDATE tollgate_outbox.deliveries SET dead_at = NULL, attempts = 0, next_at = $1
    WHERE dead_at IS NOT NULL AND ($2::text IS NULL OR key = $2) RETURNING key`,
}

const DISCARD: NamedStatement = {
  name: 'outbox_discard',
  text: 'DELETE FROM tollgate_outbox.deliveries WHERE key = $1 AND dead_at IS NOT NULL RETURNING key',
}

/** The deliveries of an outbox, once they are recorded. */
export function deliveryQueue({ durable, relaxed }: Connections, owner: Owner, clock: () => number) {
  const remove = inTurns(async (keys: readonly string[]) => {
    await relaxed(REMOVE, keys)
    return keys
  })

  return {
    async claim(limit: number, early: boolean): Promise<readonly ClaimedDelivery[]> {
      const now = clock()
      const rows = await relaxed(CLAIM, early ? 1 : 0, now, limit, owner.id, now + CLAIM_MS)
      return rows.map((row) => claimedDelivery(row, owner.id)).toSorted((one, other) => one.nextAt - other.nextAt)
    },
    async delivered(key: string): Promise<void> {
      await remove(key)
    },
    async postpone(key: string, nextAt: number, error: string): Promise<void> {
      await relaxed(POSTPONE, key, nextAt, error)
    },
    async bury(key: string, error: string): Promise<void> {
      await durable(BURY, key, clock(), error)
    },
    async hasten(operationId: string, now: number): Promise<void> {
      await relaxed(HASTEN, operationId, now)
    },
    async replace(key: string, delivery: Delivery): Promise<void> {
      const { customerId, operationId, at } = delivery
      await durable(REPLACE, key, delivery.key, customerId, operationId, JSON.stringify(delivery), at, owner.id, clock() + CLAIM_MS)
    },
    async hasPending(customerId: string): Promise<boolean> {
      return (await relaxed(PENDING, customerId)).length > 0
    },
    async counts(): Promise<OutboxCounts> {
      const [row = {}] = await relaxed(COUNTS)
      return outboxCounts(row)
    },
    async list(which: 'pending' | 'dead', limit: number) {
      return (await relaxed(LIST[which], limit)).map(keptDelivery)
    },
    async revive(key: string | null): Promise<number> {
      return (await durable(REVIVE, clock(), key)).length
    },
    async discard(key: string): Promise<boolean> {
      return (await durable(DISCARD, key)).length === 1
    },
  }
}
