/** What all deliveries say. */
interface Addressed {
  /** Names the delivery on the far side: however often it is sent, it takes effect once. */
  readonly key: string
  readonly customerId: string
  readonly entityId: string | null
  readonly featureId: string
  /** The operation that it belongs to; null when it belongs to none, as the return of a lease. */
  readonly operationId: string | null
  /** The procedure's path, for the far side's events. */
  readonly procedure: string | null
  /** When it was recorded, in milliseconds since the epoch. */
  readonly at: number
}

/** Ends a lock as used. */
export interface ConfirmDelivery extends Addressed {
  readonly action: 'confirm'
  readonly lockId: string
  /** What was used, above 0 and at most what the lock holds. */
  readonly units: number
  /** What the lock holds. */
  readonly held: number
}

/** Ends a lock as not used. */
export interface ReleaseDelivery extends Addressed {
  readonly action: 'release'
  readonly lockId: string
}

/** Records a use without a lock; negative units give back. */
export interface TrackDelivery extends Addressed {
  readonly action: 'track'
  readonly units: number
  readonly overage: 'cap' | 'overflow'
}

/** Something that the billing service has to be told, and that must not be lost. */
export type Delivery = ConfirmDelivery | ReleaseDelivery | TrackDelivery

/** What became of one try to deliver. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** No answer, or one that asks to come back; `afterMs` is how long it asked to wait. */
  | { readonly kind: 'failed'; readonly error: string; readonly afterMs: number | null }
  /** It will never be taken as it is. */
  | { readonly kind: 'refused'; readonly error: string }
  /** It came too late; this says the same in another way. */
  | { readonly kind: 'instead'; readonly delivery: Delivery }

/** A delivery that is kept, and how it stands. */
export interface KeptDelivery {
  readonly delivery: Delivery
  readonly attempts: number
  /** When it is tried next, in milliseconds since the epoch. */
  readonly nextAt: number
  /** What went wrong the last time. */
  readonly error: string | null
  /** When it was given up; null while it is tried. */
  readonly deadAt: number | null
}
