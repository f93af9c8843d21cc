import type { NamedStatement } from '@tollgate/engine/postgres'
import type { Delivery } from '../delivery.ts'
import { returnOf } from '../leaseReturn.ts'
import type { LeaseRecord } from '../outboxStore.ts'
import { leaseRecord } from '../rows.ts'
import type { Connections } from './connect.ts'
import { CLAIM_MS } from './deliveryQueue.ts'
import type { Owner } from './owner.ts'

const OPEN: NamedStatement = {
  name: 'outbox_open_lease',
  text: `INSERT INTO tollgate_outbox.leases (lock_id, customer_id, entity_id, feature_id, units, expires_at, owner)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lock_id) DO NOTHING`,
}

const DROP: NamedStatement = { name: 'outbox_drop_lease', text: 'DELETE FROM tollgate_outbox.leases WHERE lock_id = $1' }

const READ: NamedStatement = { name: 'outbox_lease', text: 'SELECT * FROM tollgate_outbox.leases WHERE lock_id = $1' }

// Only as it was read: what is spent in between belongs into the delivery.
const CLOSE: NamedStatement = {
  name: 'outbox_close_lease',
  text: `WITH ended AS (DELETE FROM tollgate_outbox.leases WHERE lock_id = $1 AND spent = $2::numeric RETURNING lock_id)
    INSERT INTO tollgate_outbox.deliveries (key, customer_id, operation_id, body, at, next_at, claimed_by, claimed_until)
    SELECT $3, $4, NULL, $5, $6::bigint, $6::bigint, $7, $8::bigint FROM ended ON CONFLICT (key) DO NOTHING RETURNING key`,
}

const ORPHANS: NamedStatement = {
  name: 'outbox_orphans',
  text: `SELECT * FROM tollgate_outbox.leases WHERE owner <> $1 AND NOT EXISTS
    (SELECT 1 FROM tollgate_outbox.owners WHERE owners.id = leases.owner AND owners.alive_until > $2)`,
}

/** The leases of an outbox. What is spent of them is recorded with the calls that spend it. */
export function leaseBook({ durable, relaxed }: Connections, owner: Owner, clock: () => number) {
  return {
    async open({ lockId, customerId, entityId, featureId, units, expiresAt }: LeaseRecord): Promise<void> {
      await owner.enter()
      await relaxed(OPEN, lockId, customerId, entityId, featureId, units, expiresAt, owner.id)
    },
    async drop(lockId: string): Promise<void> {
      await durable(DROP, lockId)
    },
    async close(lockId: string): Promise<Delivery | null> {
      for (;;) {
        const [row] = await relaxed(READ, lockId)
        if (row === undefined) return null
        const spent = String(row['spent'])
        const delivery = returnOf(leaseRecord(row), BigInt(spent), clock())
        const { key, customerId, at } = delivery
        const body = JSON.stringify(delivery)
        const closed = await durable(CLOSE, lockId, spent, key, customerId, body, at, owner.id, clock() + CLAIM_MS)
        if (closed.length > 0) return delivery
      }
    },
    async orphans(): Promise<readonly LeaseRecord[]> {
      return (await relaxed(ORPHANS, owner.id, clock())).map(leaseRecord)
    },
  }
}
