import type { Amount } from '@tollgate/engine'
import type { Aside } from './accessBook.ts'

/** Which balance pays for a part, and how much of it one unit takes: more than one in a pool of credits. */
export interface PaidFrom {
  readonly poolId: string
  readonly perUnit: number
}

interface AnyPart {
  readonly featureId: string
  readonly units: Amount
  /** Null: the answer did not tell. */
  readonly paidFrom: PaidFrom | null
}

/** Units that a lock of their own sets aside at Autumn. */
export interface LockPart extends AnyPart {
  readonly kind: 'lock'
  readonly lockId: string
  readonly expiresAt: number
  readonly aside: Aside | null
}

/** Units that were there when they were asked for, and are taken after the work. */
export interface TrackPart extends AnyPart {
  readonly kind: 'track'
}

/** Units out of a block that this process holds. */
export interface LeasePart extends AnyPart {
  readonly kind: 'lease'
  readonly block: Block
  readonly aside: Aside | null
}

/** One way in which units of a running call are set aside. */
export type Part = LockPart | TrackPart | LeasePart

/** A block of units that one lock sets aside, for this process to spend. */
export interface Block {
  readonly lockId: string
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  readonly paidFrom: PaidFrom | null
  readonly openedAt: number
  /** No call takes from it after this time. */
  readonly windowEndsAt: number
  /** When Autumn takes it back by itself. */
  readonly expiresAt: number
  left: Amount
  /** Calls that took from it and have not ended. */
  running: number
  readonly idle: Aside | null
}
