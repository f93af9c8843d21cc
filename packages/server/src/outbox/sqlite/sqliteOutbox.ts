import { inTurns } from '../inTurns.ts'
import type { OutboxStore, SettledAs, SettledCall } from '../outboxStore.ts'
import { connect, transaction } from './connect.ts'
import { deliveryQueue } from './deliveryQueue.ts'
import { leaseBook } from './leaseBook.ts'
import { operationBook } from './operationBook.ts'
import { enter, isAlive, leave, newOwner } from './owner.ts'

/**
 * Keeps an outbox in one SQLite file, which several processes of a machine may share.
 *
 * Calls that settle within one turn of the event loop share one transaction, and so one wait for the disk.
 */
export function openSqliteOutbox(path: string, clock: () => number): OutboxStore {
  const connections = connect(path)
  const { durable, relaxed } = connections
  const owner = newOwner()
  enter(owner)
  const lives = (other: string): boolean => isAlive(other, owner)
  const operations = operationBook(connections, { owner, lives, clock })
  const queue = deliveryQueue(connections, { owner, lives, clock })
  const leases = leaseBook(connections, { owner, lives, clock })

  const record = (call: SettledCall): SettledAs => {
    const ended = call.operation === null ? 'finished' : operations.finish(call.operation)
    if (ended === 'superseded') return { kind: 'superseded' }
    const instead = ended === 'finished' ? call.leaseUses.flatMap((use) => (leases.spend(use) ? [] : [use.otherwise])) : []
    const deliveries = [...call.deliveries, ...instead.map((delivery) => ({ delivery, notBefore: null }))]
    if (ended === 'finished') for (const delivery of deliveries) queue.add(delivery)
    return { kind: 'settled', deliveries: deliveries.filter(({ notBefore }) => notBefore === null).map(({ delivery }) => delivery) }
  }

  // Nothing here waits for anybody: the batch is whole when it is asked for.
  const settle = inTurns(async (calls: readonly SettledCall[]) => transaction(durable, () => calls.map(record)))

  return {
    begin: async (operation) => transaction(relaxed, () => operations.begin(operation)),
    prolong: async (operationId, holdId, expiresAt) => operations.prolong(operationId, holdId, expiresAt),
    abandon: async (operationId, holdId) => operations.abandon(operationId, holdId),
    settle,
    operation: async (id) => operations.get(id),
    operations: async (query) => operations.page(query),

    claim: async (limit, early) => transaction(relaxed, () => queue.claim(limit, early)),
    delivered: async (key) => queue.remove(key),
    postpone: async (key, nextAt, error) => queue.postpone(key, nextAt, error),
    bury: async (key, error) => queue.bury(key, error),
    hasten: async (operationId, now) => queue.hasten(operationId, now),
    replace: async (key, delivery) =>
      transaction(durable, () => {
        queue.remove(key, durable)
        queue.add({ delivery, notBefore: null })
      }),
    hasPending: async (customerId) => queue.hasPending(customerId),
    counts: async () => queue.counts(),
    list: async (which, limit) => queue.list(which, limit),
    revive: async (key) => queue.revive(key),
    discard: async (key) => queue.discard(key),

    openLease: async (lease) => leases.open(lease),
    dropLease: async (lockId) => leases.drop(lockId),
    closeLease: async (lockId) =>
      transaction(durable, () => {
        const delivery = leases.close(lockId)
        if (delivery !== null) queue.add({ delivery, notBefore: null })
        return delivery
      }),
    orphanedLeases: async () => leases.orphans(),
    // Of a process on the same machine it is known whether it lives.
    ownsSince: () => Number.NEGATIVE_INFINITY,

    prune: async (before) => operations.prune(before),
    async close() {
      await settle.idle()
      leave(owner)
      connections.close()
    },
  }
}
