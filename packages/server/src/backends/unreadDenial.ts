import type { BalanceReason, DenialFacts, DenialReason } from '@tollgate/features'
import type { FeatureUnits } from './backend.ts'

/** A denial before any balance was read. */
export function unreadDenial(reason: Exclude<DenialReason, BalanceReason>, [first]: readonly FeatureUnits[]): DenialFacts {
  const { featureId = '', units = 0 } = first ?? {}
  return { reason, featureId, required: units, poolId: null, remaining: null, resetsAt: null, shortages: [], unlockedBy: [] }
}
