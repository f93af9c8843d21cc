import { randomUUID } from 'node:crypto'
import { amountOf } from '@tollgate/engine'
import type { Outbox } from '../../outbox/outbox.ts'
import type { OutboxStore } from '../../outbox/outboxStore.ts'
import type { AccessAfter, Caller, Refund } from '../backend.ts'
import { track } from './ending.ts'
import { plainReceipt, receiptOf } from './receipts.ts'

export interface RefundOptions {
  readonly store: OutboxStore
  readonly outbox: Outbox
  readonly awaits: boolean
  readonly clock: () => number
  readonly access: (caller: Caller) => AccessAfter
}

const RECORDING_MS = 60_000

/** Gives a finished operation's units back, once, as uses of negative units: that is the only way back that Autumn has after a confirm. */
export function refunder({ store, outbox, awaits, clock, access }: RefundOptions) {
  return async (caller: Caller, operationId: string): Promise<Refund> => {
    const record = await store.operation(operationId)
    if (record === null || record.customerId !== caller.customerId || record.kind === 'refund') return { kind: 'not_found' }
    const { customerId, entityId, procedure } = record
    const holdId = randomUUID()
    const id = `refund:${operationId}`
    const begun = await store.begin({ id, fingerprint: '', customerId, entityId, procedure, holdId, expiresAt: clock() + RECORDING_MS })
    if (begun.kind !== 'begun') return { kind: 'already_refunded', access: access(caller) }
    const at = Math.max(clock(), record.at + 1)
    const ender = { caller: { customerId, entityId }, holdId, operationId, procedure, at }
    const items = record.items.filter(({ units }) => units !== 0).map(({ featureId, units }) => ({ featureId, units: -units }))
    // Not at once, but in line: a refund that overtakes its use finds nothing to give back.
    const deliveries = items.map(({ featureId, units }) => ({
      delivery: track(ender, featureId, amountOf(units), 'cap', featureId),
      notBefore: clock(),
    }))
    const refund = { id, holdId, at, kind: 'refund', items, answer: null } as const
    const settled = await outbox.settle({ operation: refund, deliveries, leaseUses: [] })
    if (settled.kind === 'superseded') return { kind: 'already_refunded', access: access(caller) }
    if (awaits) await outbox.pump()
    const receipt = plainReceipt(receiptOf({ ...refund, customerId, entityId, procedure }))
    return { kind: 'refunded', receipt, access: access(caller) }
  }
}
