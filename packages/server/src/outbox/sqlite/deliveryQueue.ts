import type { DatabaseSync } from 'node:sqlite'
import type { KeptDelivery } from '../delivery.ts'
import type { ClaimedDelivery, NewDelivery, OutboxCounts } from '../outboxStore.ts'
import { claimedDelivery, keptDelivery, outboxCounts } from '../rows.ts'
import type { Connections } from './connect.ts'
import type { Author } from './operationBook.ts'

/** How long a process may take to send what it has claimed, before another one tries. Sending twice does no harm: the key is the same. */
const CLAIM_MS = 30_000

/** The deliveries of an outbox file. `add` runs inside the caller's durable transaction, `claim` inside its relaxed one. */
export function deliveryQueue({ durable, relaxed }: Connections, { owner, lives, clock }: Author) {
  const add = durable.prepare(
    `INSERT INTO delivery (key, customer_id, operation_id, body, at, next_at, claimed_by, claimed_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO NOTHING`,
  )
  const remove = 'DELETE FROM delivery WHERE key = ?'
  const removeRelaxed = relaxed.prepare(remove)
  const removeDurable = durable.prepare(remove)
  const claimers = relaxed.prepare('SELECT DISTINCT claimed_by AS owner FROM delivery WHERE claimed_by IS NOT NULL')
  const letGo = relaxed.prepare('UPDATE delivery SET claimed_until = 0 WHERE claimed_by = ?')
  // A refund waits for the use that it gives back: what belongs to one operation goes out in the order in which it was recorded.
  const due = relaxed.prepare(
    `SELECT *, claimed_by AS claimed_before FROM delivery AS this
     WHERE dead_at IS NULL AND (next_at <= ? OR (? AND attempts > 0)) AND claimed_until <= ?
     AND NOT EXISTS (SELECT 1 FROM delivery AS earlier WHERE earlier.customer_id = this.customer_id
       AND earlier.operation_id = this.operation_id AND earlier.dead_at IS NULL AND earlier.at < this.at)
     ORDER BY next_at LIMIT ?`,
  )
  const claim = relaxed.prepare('UPDATE delivery SET claimed_by = ?, claimed_until = ? WHERE key = ?')
  const postpone = relaxed.prepare(
    'UPDATE delivery SET attempts = attempts + 1, next_at = ?, error = ?, claimed_by = NULL, claimed_until = 0 WHERE key = ?',
  )
  const bury = durable.prepare(
    'UPDATE delivery SET attempts = attempts + 1, dead_at = ?, error = ?, claimed_by = NULL, claimed_until = 0 WHERE key = ?',
  )
  const pendingOf = relaxed.prepare('SELECT 1 FROM delivery WHERE customer_id = ? AND dead_at IS NULL LIMIT 1')
  const counts = relaxed.prepare(
    `SELECT count(*) FILTER (WHERE dead_at IS NULL) AS pending, count(dead_at) AS dead,
     min(at) FILTER (WHERE dead_at IS NULL) AS oldest_at,
     min(max(next_at, claimed_until)) FILTER (WHERE dead_at IS NULL) AS next_at FROM delivery`,
  )
  const list = {
    pending: relaxed.prepare('SELECT * FROM delivery WHERE dead_at IS NULL ORDER BY at LIMIT ?'),
    dead: relaxed.prepare('SELECT * FROM delivery WHERE dead_at IS NOT NULL ORDER BY at LIMIT ?'),
  }
  const revive = durable.prepare(
    'UPDATE delivery SET dead_at = NULL, attempts = 0, next_at = ? WHERE dead_at IS NOT NULL AND (? IS NULL OR key = ?)',
  )
  const hasten = relaxed.prepare('UPDATE delivery SET next_at = ? WHERE operation_id = ? AND next_at > ? AND dead_at IS NULL')
  const discard = durable.prepare('DELETE FROM delivery WHERE key = ? AND dead_at IS NOT NULL')

  return {
    add({ delivery, notBefore }: NewDelivery): void {
      const { key, customerId, operationId, at } = delivery
      // What the recorder sends itself is its own from the start.
      const [claimedBy, claimedUntil] = notBefore === null ? [owner, clock() + CLAIM_MS] : [null, 0]
      add.run(key, customerId, operationId, JSON.stringify(delivery), at, notBefore ?? at, claimedBy, claimedUntil)
    },
    claim(limit: number, early: boolean): readonly ClaimedDelivery[] {
      const now = clock()
      for (const { owner: other } of claimers.all()) if (!lives(String(other))) letGo.run(String(other))
      const claimed = due.all(now, early ? 1 : 0, now, limit).map((row) => claimedDelivery(row, owner))
      for (const { delivery } of claimed) claim.run(owner, now + CLAIM_MS, delivery.key)
      return claimed
    },
    remove(key: string, connection: DatabaseSync = relaxed): void {
      const statement = connection === relaxed ? removeRelaxed : removeDurable
      statement.run(key)
    },
    postpone(key: string, nextAt: number, error: string): void {
      postpone.run(nextAt, error, key)
    },
    hasten(operationId: string, now: number): void {
      hasten.run(now, operationId, now)
    },
    bury(key: string, error: string): void {
      bury.run(clock(), error, key)
    },
    hasPending(customerId: string): boolean {
      return pendingOf.get(customerId) !== undefined
    },
    counts(): OutboxCounts {
      return outboxCounts(counts.get() ?? {})
    },
    list(which: 'pending' | 'dead', limit: number): readonly KeptDelivery[] {
      return list[which].all(limit).map(keptDelivery)
    },
    revive(key: string | null): number {
      return Number(revive.run(clock(), key, key).changes)
    },
    discard(key: string): boolean {
      return discard.run(key).changes === 1
    },
  }
}
