import { inTurns } from '../inTurns.ts'
import type { OutboxStore } from '../outboxStore.ts'
import { connect } from './connect.ts'
import { deliveryQueue } from './deliveryQueue.ts'
import { leaseBook } from './leaseBook.ts'
import { operationBook } from './operationBook.ts'
import { createOwner } from './owner.ts'
import { settlement } from './settlement.ts'

/**
 * Keeps an outbox in a PostgreSQL database, in a schema of its own, which any number of processes on any number of machines may share.
 *
 * Calls that begin, settle or are delivered within one turn of the event loop share one statement. A process that is gone is found out by its
 * silence, within half a minute, so that the clocks of the machines must agree to within seconds.
 */
export function openPostgresOutbox(url: string, clock: () => number, connections = connect(url)): OutboxStore {
  const owner = createOwner(connections, clock)
  const operations = operationBook(connections, owner, clock)
  const queue = deliveryQueue(connections, owner, clock)
  const leases = leaseBook(connections, owner, clock)
  const settle = inTurns(settlement(connections, owner, clock))

  return {
    begin: operations.begin,
    prolong: operations.prolong,
    abandon: operations.abandon,
    settle,
    operation: operations.get,
    operations: operations.page,

    ...queue,

    openLease: leases.open,
    dropLease: leases.drop,
    closeLease: leases.close,
    orphanedLeases: leases.orphans,
    ownsSince: owner.aliveSince,

    prune: operations.prune,
    async close() {
      await settle.idle()
      await owner.leave()
      await connections.close()
    },
  }
}
