import type pg from 'pg'
import type { Work } from '../store.ts'
import type { Availability } from './availability.ts'
import { type BatchMemory, CommitInDoubtError, commitBatch, leave } from './commitBatch.ts'
import type { KnownCustomer } from './customerCache.ts'
import { type Assumption, type ExpressBatch, expressBatch, isDisproved, sendExpress } from './expressBatch.ts'
import { faultOf } from './fault.ts'
import type { Doubt } from './prepareBatch.ts'
import { sharedConnection } from './sharedConnection.ts'

/** Commits batches over one connection, each on top of those before it. */
export interface BatchLane {
  /** Resolves once the batch is durable. */
  commit(works: readonly Work[]): Promise<void>
  /** Resolves once all batches have ended that were handed in before. */
  settled(): Promise<void>
}

/**
 * A batch that finds everything as this process remembers it takes one round trip, and is sent before the ones ahead of it are answered: the
 * server writes one while the next is decided. One that finds something otherwise is decided again in its turn, by itself: whatever is sent
 * between its first statement and its last would become part of its transaction.
 */
export function createBatchLane(pool: pg.Pool, memory: BatchMemory, availability: Availability): BatchLane {
  const onConnection = sharedConnection(pool)
  const ahead = aheadOfAnswers()
  let last: Promise<unknown> = Promise.resolve()
  /** Batches on their way that were sent ahead of answers. */
  const sent = new Set<Promise<void>>()
  /** How many batches have the connection to themselves, or wait for that: nothing is sent ahead meanwhile. */
  let taking = 0
  /** The connection that a batch which was sent ahead left in a transaction that failed. */
  let failed: pg.ClientBase | null = null

  const assumption: Assumption = {
    customer: (customerId) => ahead.get(customerId) ?? memory.customers.get(customerId),
    get catalogVersion() {
      return memory.catalog.version
    },
  }

  /** Sends a batch that was decided on the assumption; answers whether it held. */
  const sendAhead = async (client: pg.ClientBase, works: readonly Work[], batch: ExpressBatch): Promise<boolean> => {
    const forget = ahead.add(batch.after)
    const answered = sendExpress(client, works, batch).finally(forget)
    sent.add(answered)
    try {
      await answered
      for (const customer of batch.after) memory.customers.put(customer)
      return true
    } catch (error) {
      memory.steady = false
      if (faultOf(error) === 'lost') throw error
      failed = client
      if (!isDisproved(error)) throw error
      return false
    } finally {
      sent.delete(answered)
    }
  }

  const commitAfter = async (before: Promise<unknown>, works: readonly Work[]): Promise<void> => {
    let doubt: Doubt | null = null
    let isFirst = true
    let isTaking = false
    const take = async (client: pg.ClientBase): Promise<void> => {
      if (!isTaking) taking += 1
      isTaking = true
      await before
      await Promise.allSettled(sent)
      if (failed === client) leave(client)
      failed = null
    }
    const attempt = async (client: pg.ClientBase): Promise<void> => {
      // Nothing is awaited between the look at `taking` and the sending.
      const batch = isFirst && taking === 0 && memory.steady ? expressBatch(works, assumption) : null
      isFirst = false
      if (batch !== null && (await sendAhead(client, works, batch))) return
      await take(client)
      await commitBatch(client, works, memory, doubt)
    }
    try {
      await availability.run(
        () =>
          onConnection(attempt).catch((error: unknown) => {
            if (error instanceof CommitInDoubtError) doubt = error.doubt
            throw error
          }),
        () => doubt !== null,
      )
    } finally {
      if (isTaking) taking -= 1
    }
  }

  return {
    commit(works) {
      const committed = commitAfter(last, works)
      last = Promise.allSettled([last, committed]).then(ignore)
      return committed
    },
    async settled() {
      await last
    },
  }
}

interface Ahead {
  get(customerId: string): KnownCustomer | undefined
  /** Takes note of how customers will stand; returns the way to forget it. */
  add(customers: readonly KnownCustomer[]): () => void
}

/** How customers will stand once the batches that were sent are committed. */
function aheadOfAnswers(): Ahead {
  const byId = new Map<string, KnownCustomer>()
  return {
    get: (customerId) => byId.get(customerId),
    add(customers) {
      for (const customer of customers) byId.set(customer.state.id, customer)
      return () => {
        for (const customer of customers) if (byId.get(customer.state.id) === customer) byId.delete(customer.state.id)
      }
    },
  }
}

function ignore(): void {}
