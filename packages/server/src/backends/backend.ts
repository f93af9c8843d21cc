import type { CustomerAccess, DenialFacts, Plan, Receipt } from '@tollgate/features'

/** Whose usage it is. Comes from the server's context, never from the client. */
export interface Caller {
  readonly customerId: string
  /** Null: the customer as a whole. */
  readonly entityId: string | null
  /** For the customer's record, when this call creates it. */
  readonly name?: string | undefined
  readonly email?: string | undefined
}

/** Units of one feature; a number of at most ten decimal places. */
export interface FeatureUnits {
  readonly featureId: string
  readonly units: number
}

/** Names one logical call. The id is scoped already: no two customers and no two procedures share one. */
export interface OperationRef {
  readonly id: string
  /** Identifies the input: a repeat with another fingerprint is a conflict. */
  readonly fingerprint: string
  /** True: made for this one call. No repeat will come, and nothing has to be remembered to know one by. */
  readonly unique?: boolean
}

/** What happens to units that nobody can pay: the call is refused, they are dropped, or the balance goes below zero. */
export type Overage = 'refuse' | 'cap' | 'overflow'

/** How units are charged: set aside before the work, or looked at before and recorded after it. */
export type Pattern = 'hold' | 'track'

export interface ReserveRequest {
  readonly caller: Caller
  /** All or nothing. */
  readonly items: readonly FeatureUnits[]
  /** How this procedure charges some of its features; the others as the backend was told. A backend that always holds need not look at it. */
  readonly patterns?: { readonly [featureId: string]: Pattern | undefined } | undefined
  readonly operation: OperationRef
  /**
   * What the hold is to be called, if the backend lets its caller say so: then a hold whose answer was lost can be ended all the same. A
   * backend that names its holds itself sees to that itself.
   */
  readonly holdId?: string
  /** After this time the hold ends by itself, unless it is extended. */
  readonly ttlMs: number
  /** The procedure's path, for the ledger. */
  readonly procedure: string
}

/** Units set aside for a running call. Ends exactly once: committed, released or expired. */
export interface Hold {
  readonly id: string
  readonly caller: Caller
  readonly operation: OperationRef
  readonly procedure: string
}

/** The customer as an answer left it; computed when it is asked for. Null: this backend does not know it without another call. */
export type AccessAfter = () => CustomerAccess | null

export interface Held {
  readonly kind: 'held'
  readonly hold: Hold
  readonly access: AccessAfter
}

/** Nothing has moved. */
export interface Refused {
  readonly kind: 'denied'
  readonly denial: DenialFacts
  readonly access: AccessAfter
}

/** The operation was done before, with the same input. */
export interface Repeated {
  readonly kind: 'repeated'
  /** The text that came with the commit; null when none did. */
  readonly answer: string | null
  readonly access: AccessAfter
}

export type Reservation =
  | Held
  | Refused
  | Repeated
  /** The same operation holds units right now. */
  | { readonly kind: 'running' }
  /** The operation id was used with another input. */
  | { readonly kind: 'conflict' }

export interface CommitRequest {
  /** What was really used, of every feature that is held. */
  readonly units: readonly FeatureUnits[]
  /** What becomes of units beyond the hold that nobody can pay. */
  readonly overage: Overage
  /** Text to keep with the operation, answered again to a repeat; null: none. */
  readonly answer: string | null
}

export interface Committed {
  readonly kind: 'committed'
  readonly receipt: () => Receipt
  readonly access: AccessAfter
}

/** The hold had ended before: what became of it, or null when that is not remembered. */
export interface Ended {
  readonly kind: 'ended'
  readonly became: 'committed' | 'released' | 'expired' | null
}

export interface Released {
  readonly kind: 'released'
  readonly access: AccessAfter
}

export interface Extended {
  readonly kind: 'extended'
  readonly access: AccessAfter
}

export interface CheckRequest {
  readonly caller: Caller
  /** One unit of a boolean feature asks whether it was granted. */
  readonly items: readonly FeatureUnits[]
}

export interface Allowed {
  readonly kind: 'allowed'
  readonly access: AccessAfter
}

/** A use that needs no hold: the work is done already. */
export interface RecordRequest {
  readonly caller: Caller
  readonly items: readonly FeatureUnits[]
  readonly operation: OperationRef
  readonly overage: 'cap' | 'overflow'
  readonly procedure: string
  readonly answer: string | null
}

export interface HistoryQuery {
  readonly caller: Caller
  readonly featureIds: readonly string[]
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number
  /** Milliseconds since the epoch, exclusive. */
  readonly until: number
  readonly bin: HistoryBin
}

export type HistoryBin = 'hour' | 'day' | 'month'

/** Units used within one bin, by feature; a feature without use is missing. */
export interface HistoryPoint {
  /** The start of the bin, in UTC. */
  readonly at: number
  readonly units: Readonly<Record<string, number>>
}

export interface ReceiptQuery {
  readonly caller: Caller
  readonly limit: number
  readonly cursor: string | null
  /** Only receipts with this feature. */
  readonly featureId: string | null
  /** Only receipts whose operation or procedure contains this text. */
  readonly search: string | null
}

/** A receipt as the ledger lists it. */
export interface LedgerReceipt extends Receipt {
  /** The path of the procedure; null for a use that came another way. */
  readonly procedure: string | null
  /** `refund`: the units were given back, and are told as negative numbers. */
  readonly kind: 'use' | 'refund'
}

export interface ReceiptPage {
  readonly items: readonly LedgerReceipt[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export type Refund =
  | { readonly kind: 'refunded'; readonly receipt: Receipt; readonly access: AccessAfter }
  /** It was given back before: nothing has moved. */
  | { readonly kind: 'already_refunded'; readonly access: AccessAfter }
  | { readonly kind: 'not_found' }

/**
 * Where usage is kept. Every method that decides is atomic, and safe to repeat under the same operation or hold id.
 *
 * A customer that does not exist is created on first sight, once. Rejects with `OutageError` when it cannot answer; refusals are answers.
 */
export interface Backend {
  /** What the customer may do and what is left. `fresh`: as it is now, and not as it was a moment ago. */
  access(caller: Caller, how?: { readonly fresh: boolean }): Promise<CustomerAccess>
  /** Whether units could be spent; moves nothing. */
  check(request: CheckRequest): Promise<Allowed | Refused>
  /** Sets units aside: all items or none. */
  reserve(request: ReserveRequest): Promise<Reservation>
  /**
   * Makes sure that a customer whose plans say nothing of a feature has a standing allowance of so many units of it. Without this method
   * allowances come from plans alone.
   */
  allot?(caller: Caller, allowance: FeatureUnits): Promise<void>
  /** Whether units of a feature can be set aside. Without this method all can. */
  canHold?(featureId: string): boolean
  /** Adds units to a hold, all items or none, and moves its end. Without items it only moves the end. */
  extend(hold: Hold, items: readonly FeatureUnits[], ttlMs: number): Promise<Extended | Refused | Ended>
  /** Ends a hold as used. */
  commit(hold: Hold, request: CommitRequest): Promise<Committed | Refused | Ended>
  /** Ends a hold as not used. */
  release(hold: Hold): Promise<Released | Ended>
  /** Records a use without a hold, at most once per operation; not while the operation holds units. */
  record(request: RecordRequest): Promise<Committed | Repeated | { readonly kind: 'conflict' } | { readonly kind: 'running' }>
  /**
   * Keeps a use durably that was let through while the backend was out. It takes effect when it is recorded, and a few minutes later by itself:
   * this process may be gone by then. Without this method such uses are in memory until they are recorded.
   */
  park?(request: RecordRequest): Promise<void>
  /** The receipt of a finished operation of this customer; null when there is none. */
  receipt(caller: Caller, operationId: string): Promise<Receipt | null>
  /** Gives a finished operation's units back to the grants that paid for them, once. */
  refund(caller: Caller, operationId: string): Promise<Refund>
  history(query: HistoryQuery): Promise<readonly HistoryPoint[]>
  receipts(query: ReceiptQuery): Promise<ReceiptPage>
  /** The plans on offer. */
  plans(): Promise<readonly Plan[]>
  /** Calls back with the customer's access after each change that this process hears of. Returns the way to stop. */
  watch(caller: Caller, listener: (access: CustomerAccess) => void): () => void
}

/** The backend could not answer: nothing is known about the balance. */
export class OutageError extends Error {
  override readonly name = 'OutageError'
}
