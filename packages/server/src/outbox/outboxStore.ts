import type { FeatureUnits } from '../backends/backend.ts'
import type { Delivery, KeptDelivery, TrackDelivery } from './delivery.ts'

/** A call that begins under an operation id. */
export interface BeginningOperation {
  readonly id: string
  readonly fingerprint: string
  readonly customerId: string
  readonly entityId: string | null
  readonly procedure: string
  readonly holdId: string
  /** After this time the id is free again, unless the call is done. */
  readonly expiresAt: number
}

/** How an operation id stood when a call asked for it. */
export type Beginning =
  | { readonly kind: 'begun' }
  | { readonly kind: 'running' }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'done'; readonly answer: string | null }

/** A finished call. */
export interface DoneOperation {
  readonly id: string
  readonly holdId: string
  readonly at: number
  readonly kind: 'use' | 'refund'
  readonly items: readonly FeatureUnits[]
  readonly answer: string | null
}

/** A finished call as it is read back. */
export interface OperationRecord extends DoneOperation {
  readonly customerId: string
  readonly entityId: string | null
  readonly procedure: string
}

/** Units that a finished call took out of a leased block. */
export interface LeaseUse {
  readonly lockId: string
  /** In the smallest steps of a unit. */
  readonly amount: bigint
  /** What to deliver in its place when the block was returned meanwhile. */
  readonly otherwise: TrackDelivery
}

/** What one call leaves behind; recorded whole or not at all. */
export interface SettledCall {
  /** Null when no operation ends with it. */
  readonly operation: DoneOperation | null
  readonly deliveries: readonly NewDelivery[]
  readonly leaseUses: readonly LeaseUse[]
}

export interface NewDelivery {
  readonly delivery: Delivery
  /** Not before this time; null: the recorder delivers it at once. */
  readonly notBefore: number | null
}

/** `superseded`: the operation ended in another way, and nothing was recorded. */
export type SettledAs = { readonly kind: 'settled'; readonly deliveries: readonly Delivery[] } | { readonly kind: 'superseded' }

/** A block of units that this process may spend by itself. */
export interface LeaseRecord {
  readonly lockId: string
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  readonly units: number
  readonly expiresAt: number
}

/** A delivery that this process is to send. */
export interface ClaimedDelivery extends KeptDelivery {
  /** True: another process was to send it, and never told what became of it. */
  readonly isTakenOver: boolean
}

export interface OutboxCounts {
  /** Waiting to be delivered. */
  readonly pending: number
  /** Given up. */
  readonly dead: number
  /** When the oldest that waits was recorded; null when none does. */
  readonly oldestAt: number | null
  /** When the next one may be claimed; null when none waits. */
  readonly nextAt: number | null
}

export interface OperationQuery {
  readonly customerId: string
  readonly entityId: string | null
  readonly limit: number
  readonly cursor: string | null
}

/**
 * Where operations, deliveries and leases survive the process.
 *
 * What `settle` answers for is on the disk when it resolves, and is shared by all processes that open the same store.
 */
export interface OutboxStore {
  begin(operation: BeginningOperation): Promise<Beginning>
  /** Moves the end of a running call. */
  prolong(operationId: string, holdId: string, expiresAt: number): Promise<void>
  /** Forgets a call that came to nothing: its id is free again. */
  abandon(operationId: string, holdId: string): Promise<void>
  /** Repeated with the same operation and hold, it is answered as the first time: so it may be, when it is not known whether it took effect. */
  settle(call: SettledCall): Promise<SettledAs>
  operation(id: string): Promise<OperationRecord | null>
  /** Newest first. */
  operations(query: OperationQuery): Promise<{ readonly items: readonly OperationRecord[]; readonly nextCursor: string | null }>

  /** Takes deliveries that are due and that nobody is sending; with `early` also those that wait for their next try. */
  claim(limit: number, early: boolean): Promise<readonly ClaimedDelivery[]>
  delivered(key: string): Promise<void>
  /** Lets go of a delivery until its next try. */
  postpone(key: string, nextAt: number, error: string): Promise<void>
  bury(key: string, error: string): Promise<void>
  /** Lets the deliveries of an operation be sent from now on, if they were to wait longer. */
  hasten(operationId: string, now: number): Promise<void>
  /** Puts one delivery in the place of another, in one step, and keeps the claim. */
  replace(key: string, delivery: Delivery): Promise<void>
  /** Whether this customer has deliveries that are not dead. */
  hasPending(customerId: string): Promise<boolean>
  counts(): Promise<OutboxCounts>
  list(which: 'pending' | 'dead', limit: number): Promise<readonly KeptDelivery[]>
  /** Tries dead deliveries again: one by its key, or all. Answers how many. */
  revive(key: string | null): Promise<number>
  /** Deletes a dead delivery for good. Answers whether there was one. */
  discard(key: string): Promise<boolean>

  openLease(lease: LeaseRecord): Promise<void>
  /** Forgets a lease that was not granted. */
  dropLease(lockId: string): Promise<void>
  /** Ends a lease and records the delivery that says what was spent of it; null when it had ended before. */
  closeLease(lockId: string): Promise<Delivery | null>
  /** Leases of processes that are gone. */
  orphanedLeases(): Promise<readonly LeaseRecord[]>
  /**
   * Since when the other processes have taken this one for alive without a break, in milliseconds since the epoch; infinite while they do not. A
   * lease that was opened before may be taken for orphaned, and returned.
   */
  ownsSince(): number

  /** Forgets finished operations of before a time. */
  prune(before: number): Promise<void>
  close(): Promise<void>
}
