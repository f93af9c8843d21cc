import type { Receipt } from '@tollgate/features'

/**
 * What a metered call has used so far. `ctx.usage` in a metered procedure; `usage()` anywhere below it.
 *
 * What is never counted costs the units that were set aside. With one metered feature its id may be left out.
 */
export interface Usage<TFeatureId extends string = string> {
  /** Names this call in the ledger: keep it beside what the call made, and it can be looked up and refunded. */
  readonly operationId: string
  /**
   * Counts units. Resolves once they are paid for. Rejects with the denial when they cannot be: then they are not counted, and whoever
   * catches that may return what there is; if nobody waited to hear of it, the call fails with it. In a stream the next chunk waits.
   */
  add(units: number, ...featureId: FeatureArgument<TFeatureId>): Promise<void>
  /** Says what the call has used in all, in place of what was counted before. As `add` otherwise. */
  set(units: number, ...featureId: FeatureArgument<TFeatureId>): Promise<void>
  /** What was counted of a feature; null while nothing was. */
  counted(...featureId: FeatureArgument<TFeatureId>): number | null
  /** What the call cost, once it has ended and is recorded; null when it cost nothing because it failed. Shared by all that share the hold. */
  readonly receipt: Promise<Receipt | null>
}

type FeatureArgument<TFeatureId extends string> =
  IsUnion<TFeatureId> extends true ? readonly [featureId: TFeatureId] : readonly [featureId?: TFeatureId]

type IsUnion<TId extends string, TWhole = TId> = TId extends unknown ? ([TWhole] extends [TId] ? false : true) : never
