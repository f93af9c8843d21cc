import { randomUUID } from 'node:crypto'
import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import type { Outbox } from '../../outbox/outbox.ts'
import type { OutboxStore } from '../../outbox/outboxStore.ts'
import type { Caller } from '../backend.ts'
import { OutageError } from '../backend.ts'
import type { AccessBook, Aside } from './accessBook.ts'
import type { Locks } from './locks.ts'
import type { Block, PaidFrom } from './part.ts'

/** How much of a feature a process takes at a time, to spend by itself. */
export interface LeaseTerms {
  /** Units in one block. */
  readonly units: number
  /** How long a block is spent from before the rest goes back, in milliseconds. */
  readonly ttlMs: number
}

/**
 * Lets a process spend a feature in blocks: `lease({ units: 100, ttlMs: 60_000 })` asks Autumn once for a hundred units.
 *
 * What is leased is set aside at Autumn, so that no other process can spend it until it is returned.
 */
export function lease({ units, ttlMs }: LeaseTerms): LeaseTerms {
  if (!(units > 0)) throw new RangeError(`lease() was given ${units} units: give a number above 0`)
  if (!(ttlMs > 0 && ttlMs <= 12 * 60 * 60_000)) throw new RangeError(`lease() was given ${ttlMs} ms: give a time of at most 12 hours`)
  return { units, ttlMs }
}

/** Units taken out of a block. */
export interface Slice {
  readonly block: Block
  readonly units: Amount
}

/** The blocks of this process. */
export interface Leases {
  /** Takes units out of a block, asking for a new one if need be; null when the call has to ask Autumn by itself. */
  take(caller: Caller, featureId: string, units: Amount, ttlMs: number): Promise<Slice | null>
  /** Takes what is left in the blocks, up to so many units. */
  takeRest(caller: Caller, featureId: string, units: Amount, ttlMs: number): readonly Slice[]
  /** Ends a call's part in a block: what it did not use is free for the next one. */
  finish(slice: Slice, used: Amount): void
  /** Returns what is left of blocks whose time is over. */
  sweep(): Promise<void>
  /** Returns all blocks, of processes that are gone also. */
  returnAll(): Promise<void>
  returnOrphans(): Promise<void>
}

interface Shelf {
  readonly caller: Caller
  readonly featureId: string
  readonly terms: LeaseTerms
  blocks: Block[]
  renewing: Promise<void> | null
  /** Until then the balance is too short for a block: what is left goes back, and calls go one by one. */
  shortUntil: number
  /** Blocks on their way back: who asks Autumn meanwhile would not find their units. */
  returning: Promise<void>
  isReturning: boolean
}

const NOTHING = Promise.resolve()

/** A block is renewed when less than this share of one is left. */
const RENEW_BELOW = 4n

/** How long calls go one by one after a block was denied. */
const SHORT_MS = 5_000

export interface LeasesOptions {
  readonly terms: { readonly [featureId: string]: LeaseTerms | undefined }
  readonly locks: Locks
  readonly store: OutboxStore
  readonly outbox: Outbox
  readonly book: AccessBook
  readonly clock: () => number
  readonly report: (error: Error) => void
}

export function createLeases({ terms, locks, store, outbox, book, clock, report }: LeasesOptions): Leases {
  const shelves = new Map<string, Shelf>()

  const shelfOf = (caller: Caller, featureId: string, own: LeaseTerms): Shelf => {
    const key = keyOf(caller.customerId, caller.entityId, featureId)
    const shelf = shelves.get(key) ?? {
      caller,
      featureId,
      terms: own,
      blocks: [],
      renewing: null,
      shortUntil: 0,
      returning: NOTHING,
      isReturning: false,
    }
    shelves.set(key, shelf)
    return shelf
  }

  /** While the others could not tell that this process lives, they may have returned its blocks. */
  const isOurs = ({ openedAt }: Block): boolean => openedAt >= store.ownsSince()

  const isOpen = (block: Block, ttlMs: number): boolean =>
    isOurs(block) && clock() < block.windowEndsAt && clock() + ttlMs <= block.expiresAt

  const slice = (block: Block, units: Amount): Slice => {
    block.left -= units
    block.running += 1
    showIdle(block)
    return { block, units }
  }

  const renew = async (shelf: Shelf, ttlMs: number): Promise<void> => {
    const { caller, featureId, terms: own } = shelf
    const { customerId, entityId } = caller
    const lockId = randomUUID()
    const lifeMs = own.ttlMs + ttlMs
    // Written down first: if this process dies, the next one returns the block.
    await store.openLease({ lockId, customerId, entityId, featureId, units: own.units, expiresAt: clock() + lifeMs })
    const openedAt = clock()
    const windowEndsAt = openedAt + own.ttlMs
    const units = amountOf(own.units)
    const asked = await locks.take({ caller, featureId, units, ttlMs: lifeMs, procedure: null, lockId }).catch(async (error: unknown) => {
      await store.dropLease(lockId)
      throw error
    })
    if (asked.kind !== 'granted') {
      await store.dropLease(lockId)
      shelf.shortUntil = clock() + SHORT_MS
      giveBack(
        shelf,
        shelf.blocks.filter(({ running }) => running === 0),
      )
      return
    }
    const { paidFrom, expiresAt } = asked
    const idle = idleAside(paidFrom)
    const block: Block = {
      lockId,
      customerId,
      entityId,
      featureId,
      paidFrom,
      openedAt,
      windowEndsAt,
      expiresAt,
      left: units,
      running: 0,
      idle,
    }
    shelf.blocks.push(block)
    if (idle) book.setAside(caller, idle)
    showIdle(block)
    setTimeout(() => void sweep().catch(report), own.ttlMs).unref()
  }

  const renewed = (shelf: Shelf, ttlMs: number): Promise<void> => {
    shelf.renewing ??= renew(shelf, ttlMs).finally(() => {
      shelf.renewing = null
    })
    return shelf.renewing
  }

  const renewAhead = (shelf: Shelf, ttlMs: number): void => {
    const left = shelf.blocks.reduce((sum, block) => (isOpen(block, ttlMs) ? sum + block.left : sum), 0n)
    if (shelf.renewing || clock() < shelf.shortUntil || left * RENEW_BELOW >= amountOf(shelf.terms.units)) return
    renewed(shelf, ttlMs).catch((error: unknown) => {
      // The call that finds no block left hears of an outage; here nobody waits.
      if (!(error instanceof OutageError)) report(error instanceof Error ? error : new Error(String(error)))
    })
  }

  const end = async (shelf: Shelf, block: Block): Promise<void> => {
    shelf.blocks = shelf.blocks.filter((each) => each !== block)
    forgetEmpty(shelf)
    if (block.idle) {
      book.adjust(shelf.caller, block.idle.poolId, -block.idle.amount)
      book.takeOff(shelf.caller, block.idle)
    }
    await returnBlock(block.lockId)
  }

  /** Other processes may need what is left here. */
  const giveBack = (shelf: Shelf, blocks: readonly Block[]): void => {
    const before = shelf.returning
    shelf.isReturning = true
    const returning = Promise.all([before, ...blocks.map((block) => end(shelf, block))])
      .catch((error: unknown) => report(error instanceof Error ? error : new Error(String(error))))
      .then(() => {
        if (shelf.returning === returning) shelf.isReturning = false
      })
    shelf.returning = returning
  }

  const forgetEmpty = (shelf: Shelf): void => {
    const { caller, featureId, blocks, renewing, isReturning, shortUntil } = shelf
    if (blocks.length === 0 && renewing === null && !isReturning && clock() >= shortUntil)
      shelves.delete(keyOf(caller.customerId, caller.entityId, featureId))
  }

  const returnBlock = async (lockId: string): Promise<void> => {
    const delivery = await store.closeLease(lockId)
    if (delivery) await outbox.deliver(delivery)
  }

  const sweep = async (): Promise<void> => {
    const over: Promise<void>[] = []
    for (const shelf of shelves.values()) {
      forgetEmpty(shelf)
      for (const block of shelf.blocks) if (block.running === 0 && clock() >= block.windowEndsAt) over.push(end(shelf, block))
    }
    await Promise.all(over)
  }

  const returnAll = async (): Promise<void> => {
    await Promise.all([...shelves.values()].flatMap((shelf) => shelf.blocks.map((block) => end(shelf, block))))
  }

  const returnOrphans = async (): Promise<void> => {
    await Promise.all((await store.orphanedLeases()).map(({ lockId }) => returnBlock(lockId)))
  }

  return {
    async take(caller, featureId, units, ttlMs) {
      const own = terms[featureId]
      if (own === undefined || units > amountOf(own.units)) return null
      for (;;) {
        // Looked up anew after each wait: an empty one is forgotten.
        const shelf = shelfOf(caller, featureId, own)
        const disowned = shelf.blocks.filter((each) => !isOurs(each))
        if (disowned.length > 0) giveBack(shelf, disowned)
        const block = shelf.blocks.find((each) => each.left >= units && isOpen(each, ttlMs))
        if (block) {
          const taken = slice(block, units)
          renewAhead(shelf, ttlMs)
          return taken
        }
        if (shelf.isReturning) await shelf.returning
        else if (shelf.renewing === null && clock() < shelf.shortUntil) return null
        else await renewed(shelf, ttlMs)
      }
    },
    takeRest(caller, featureId, units, ttlMs) {
      const own = terms[featureId]
      if (own === undefined) return []
      const slices: Slice[] = []
      let wanted = units
      for (const block of shelfOf(caller, featureId, own).blocks) {
        if (block.left === 0n || wanted === 0n || !isOpen(block, ttlMs)) continue
        const part = block.left < wanted ? block.left : wanted
        slices.push(slice(block, part))
        wanted -= part
      }
      return slices
    },
    finish({ block, units }, used) {
      block.running -= 1
      block.left += units - used
      showIdle(block)
      const shelf = shelves.get(keyOf(block.customerId, block.entityId, block.featureId))
      if (!shelf?.blocks.includes(block) || block.running > 0) return
      const isWanted = block.left > 0n && clock() < block.windowEndsAt && clock() >= shelf.shortUntil
      if (!isWanted) giveBack(shelf, [block])
    },
    sweep,
    returnAll,
    returnOrphans,
  }
}

function keyOf(customerId: string, entityId: string | null, featureId: string): string {
  return JSON.stringify([customerId, entityId, featureId])
}

function idleAside(paidFrom: PaidFrom | null): Aside | null {
  return paidFrom && { poolId: paidFrom.poolId, amount: 0, state: 'idle' }
}

function showIdle({ idle, left, paidFrom }: Block): void {
  if (idle && paidFrom) idle.amount = unitsOf(left) * paidFrom.perUnit
}
