import { affords, type CustomerAccess, type Features, type Manifest } from '@tollgate/features'
import { afterSpending, type Cost } from './afterSpending.ts'
import type { ShortReason } from './featureState.ts'

/** Whether a call would go through, and what it would cost. */
export interface GateState<TFeatureId extends string = string> {
  readonly allowed: boolean
  /** Null: it is allowed. */
  readonly reason: ShortReason | null
  /** The feature that is short, else the first that the call costs or needs; null for a call that costs and needs nothing. */
  readonly featureId: TFeatureId | null
  /** What the call costs. */
  readonly costs: readonly Cost<TFeatureId>[]
  /** The balance that pays, or is short: the feature's own or a pool; null when there is none. */
  readonly poolId: TFeatureId | null
  /** What the call asks of that balance, in its own units. */
  readonly required: number
  /** What that balance has left, in its own units. */
  readonly remaining: number | 'unlimited'
  /** When that balance resets, in milliseconds since the epoch; null when it does not. */
  readonly resetsAt: number | null
}

/** Whether a call of a procedure would go through; one that the manifest does not name is neither metered nor gated. */
export function gateStateOf(
  features: Features,
  access: CustomerAccess,
  procedure: Manifest['procedures'][string] | undefined,
  costs: readonly Cost[],
): GateState {
  const needs = procedure?.kind === 'gated' ? [{ featureId: procedure.featureId, units: 1 }] : costs
  let first: GateState = free
  // All features of a call are paid together: what one takes from a pool, the next cannot.
  for (const [index, { featureId, units }] of needs.entries()) {
    const state = { reason: null, costs, ...affords(features, afterSpending(features, access, needs.slice(0, index)), featureId, units) }
    if (!state.allowed) return state
    if (first === free) first = state
  }
  return first
}

const free: GateState = {
  allowed: true,
  reason: null,
  featureId: null,
  costs: [],
  poolId: null,
  required: 0,
  remaining: 'unlimited',
  resetsAt: null,
}
