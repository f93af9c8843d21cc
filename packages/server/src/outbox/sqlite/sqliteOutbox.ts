import type { OutboxStore, SettledAs, SettledCall } from '../outboxStore.ts'
import { connect, transaction } from './connect.ts'
import { deliveryQueue } from './deliveryQueue.ts'
import { leaseBook } from './leaseBook.ts'
import { operationBook } from './operationBook.ts'
import { enter, isAlive, leave, newOwner } from './owner.ts'

interface Waiting {
  readonly call: SettledCall
  readonly resolve: (settled: SettledAs) => void
  readonly reject: (error: unknown) => void
}

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
  let waiting: Waiting[] = []

  const record = (call: SettledCall): SettledAs => {
    if (call.operation !== null && !operations.finish(call.operation)) return { kind: 'superseded' }
    const instead = call.leaseUses.flatMap((use) => (leases.spend(use) ? [] : [{ delivery: use.otherwise, notBefore: null }]))
    const deliveries = [...call.deliveries, ...instead]
    for (const delivery of deliveries) queue.add(delivery)
    return { kind: 'settled', deliveries: deliveries.filter(({ notBefore }) => notBefore === null).map(({ delivery }) => delivery) }
  }

  const flush = (): void => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      const settled = transaction(durable, () => batch.map(({ call }) => record(call)))
      for (const [index, { resolve }] of batch.entries()) resolve(settled[index] ?? { kind: 'superseded' })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    begin: async (operation) => transaction(relaxed, () => operations.begin(operation)),
    prolong: async (operationId, holdId, expiresAt) => operations.prolong(operationId, holdId, expiresAt),
    abandon: async (operationId, holdId) => operations.abandon(operationId, holdId),
    settle: (call) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ call, resolve, reject })
      }),
    operation: async (id) => operations.get(id),
    operations: async (query) => operations.page(query),

    claim: async (limit, early) => transaction(relaxed, () => queue.claim(limit, early)),
    delivered: async (key) => queue.remove(key),
    postpone: async (key, nextAt, error) => queue.postpone(key, nextAt, error),
    bury: async (key, error) => queue.bury(key, error),
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

    prune: async (before) => operations.prune(before),
    async close() {
      flush()
      leave(owner)
      connections.close()
    },
  }
}
