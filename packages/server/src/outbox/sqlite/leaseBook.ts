import type { Amount } from '@tollgate/engine'
import type { Delivery } from '../delivery.ts'
import { returnOf } from '../leaseReturn.ts'
import type { LeaseRecord, LeaseUse } from '../outboxStore.ts'
import { leaseRecord } from '../rows.ts'
import type { Connections } from './connect.ts'
import type { Author } from './operationBook.ts'

/** The leases of an outbox file. `spend` and `close` run inside the caller's durable transaction. */
export function leaseBook({ durable, relaxed }: Connections, { owner, lives, clock }: Author) {
  const open = relaxed.prepare(
    'INSERT INTO lease (lock_id, customer_id, entity_id, feature_id, units, expires_at, owner) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const drop = durable.prepare('DELETE FROM lease WHERE lock_id = ?')
  const read = durable.prepare('SELECT * FROM lease WHERE lock_id = ?')
  const spend = durable.prepare('UPDATE lease SET spent = ? WHERE lock_id = ?')
  const all = relaxed.prepare('SELECT * FROM lease')

  return {
    open({ lockId, customerId, entityId, featureId, units, expiresAt }: LeaseRecord): void {
      open.run(lockId, customerId, entityId, featureId, units, expiresAt, owner)
    },
    drop(lockId: string): void {
      drop.run(lockId)
    },
    /** False when the lease has ended. */
    spend({ lockId, amount }: LeaseUse): boolean {
      const row = read.get(lockId)
      if (row === undefined) return false
      spend.run(String(spentOf(row) + amount), lockId)
      return true
    },
    close(lockId: string): Delivery | null {
      const row = read.get(lockId)
      if (row === undefined) return null
      drop.run(lockId)
      return returnOf(leaseRecord(row), spentOf(row), clock())
    },
    orphans(): readonly LeaseRecord[] {
      return all
        .all()
        .filter((row) => !lives(String(row['owner'])))
        .map(leaseRecord)
    },
  }
}

/** Kept as a whole number of the smallest steps, in text: SQLite's integers are too small for it. */
function spentOf(row: Record<string, unknown>): Amount {
  return BigInt(String(row['spent']))
}
