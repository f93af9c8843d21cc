import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import type { ConfirmDelivery, ReleaseDelivery } from './delivery.ts'
import type { LeaseRecord } from './outboxStore.ts'

/** The delivery that ends a lease: what was spent of it is confirmed, and the rest goes back. */
export function returnOf(lease: LeaseRecord, spent: Amount, at: number): ConfirmDelivery | ReleaseDelivery {
  const { customerId, entityId, featureId, lockId, units } = lease
  const about = { customerId, entityId, featureId, lockId, operationId: null, procedure: null, at }
  if (spent === 0n) return { action: 'release', key: `${lockId}:release`, ...about }
  return { action: 'confirm', key: `${lockId}:confirm`, ...about, units: unitsOf(spent), held: unitsOf(amountOf(units)) }
}
