/** What one grant paid. */
export interface Payment<TFeatureId extends string = string> {
  readonly grantId: string
  /** The feature or pool that the grant belongs to. */
  readonly poolId: TFeatureId
  /** The plan that the grant came from; null for a top-up. */
  readonly planId: string | null
  /** In units of `poolId`: credits when it is a pool. */
  readonly amount: number
}

/** One feature of a finished call. */
export interface ReceiptItem<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly units: number
  readonly payments: readonly Payment<TFeatureId>[]
}

/** What a finished call cost, and which grants paid for it. */
export interface Receipt<TFeatureId extends string = string> {
  readonly operationId: string
  readonly customerId: string
  readonly entityId: string | null
  /** When it was committed, in milliseconds since the epoch. */
  readonly at: number
  readonly items: readonly ReceiptItem<TFeatureId>[]
}
