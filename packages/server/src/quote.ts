import { affords, type CustomerAccess, type Denial, type FeatureAccess, type Features } from '@tollgate/features'
import type { Caller, FeatureUnits } from './backends/backend.ts'
import { answered, type CallResult, type MeteredCall } from './call.ts'

/** What one feature of a call would cost, and who would pay. */
export interface QuotedCost<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly units: number
  /** The balance that pays for the last unit, or is short: the feature's own or a pool; null when the customer has neither. */
  readonly poolId: TFeatureId | null
  /** What that balance pays, in its own units. */
  readonly required: number
  /** What that balance has now, in its own units. */
  readonly balance: number | 'unlimited'
  /** What that balance has after the call; as it is now when the call is not allowed. */
  readonly balanceAfter: number | 'unlimited'
}

/** What a call would cost right now. Nothing was run and nothing is held: by the time of the call it may be otherwise. */
export interface Quote<TFeatureId extends string = string> {
  readonly path: string
  readonly allowed: boolean
  readonly costs: readonly QuotedCost<TFeatureId>[]
  /** Why the call would be refused; null when it would not be. */
  readonly denial: Denial<TFeatureId> | null
}

/** Prices a call by what the customer has, feature by feature in the order in which they are taken. */
export function quoteOf(
  features: Features,
  access: CustomerAccess,
  path: string,
  items: readonly FeatureUnits[],
  denial: Denial | null,
): Quote {
  let left = access
  const costs = items.map(({ featureId, units }): QuotedCost => {
    const found = affords(features, left, featureId, units)
    const balance = found.remaining
    if (found.allowed && denial === null) left = spent(left, found.payers)
    const after = found.poolId === null ? undefined : left.features[found.poolId]
    return {
      featureId,
      units,
      poolId: found.poolId,
      required: found.required,
      balance,
      balanceAfter: balance === 'unlimited' || after === undefined || after.type === 'boolean' ? balance : after.remaining,
    }
  })
  return { path, allowed: denial === null, costs, denial }
}

function spent(access: CustomerAccess, payers: readonly { readonly poolId: string; readonly amount: number }[]): CustomerAccess {
  const features: Record<string, FeatureAccess | undefined> = { ...access.features }
  for (const { poolId, amount } of payers) {
    const balance = features[poolId]
    if (balance === undefined || balance.type === 'boolean' || balance.unlimited) continue
    // Ten decimal places are what amounts keep; what lies behind is the noise of doubles.
    features[poolId] = { ...balance, remaining: Math.max(0, Number((balance.remaining - amount).toFixed(10))) }
  }
  return { ...access, features }
}

/** Asks the metering middlewares of a procedure what they would take, instead of calling it. */
export interface QuoteRequest {
  /** How many of them have not been asked yet: the last goes no further, so that nothing is run. */
  remaining: number
  caller: Caller | null
  readonly items: FeatureUnits[]
  readonly gates: string[]
}

const QUOTE = Symbol.for('tollgate.quote')

interface WithQuote {
  readonly [QUOTE]?: QuoteRequest
}

/** The context of a call that is only to be quoted. */
export function withQuote<TContext>(ctx: TContext, request: QuoteRequest): TContext {
  return { ...ctx, [QUOTE]: request }
}

/** Where a quote is wanted instead of a call; null when the call is meant. */
export function quoteRequestOf(ctx: unknown): QuoteRequest | null {
  return (ctx as WithQuote | null | undefined)?.[QUOTE] ?? null
}

/** A call that is only quoted goes on to the next middleware that has a say, and no further. */
export function quotedOnly(call: MeteredCall, caller: Caller, quoted: QuoteRequest): CallResult | Promise<CallResult> {
  quoted.caller = caller
  quoted.remaining -= 1
  return quoted.remaining > 0 ? call.next() : answered(undefined)
}
