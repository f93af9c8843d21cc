import type { Features } from '@tollgate/features'

/** What happens to calls that cannot be checked. */
export type OutagePolicy = 'deny' | 'allow' | AllowUpTo

/**
 * Lets calls through during an outage, up to so many units of a feature for each customer; what is recorded afterwards is free again.
 *
 * Each process counts on its own, in memory: three processes let three times as much through.
 */
export interface AllowUpTo {
  readonly allowUpTo: number
}

/** @example onOutage: allowUpTo(20) */
export function allowUpTo(units: number): AllowUpTo {
  return { allowUpTo: units }
}

/** One policy for all features, or one for each with a default for the rest. */
export type OutagePolicies<TFeatures extends Features = Features> =
  | OutagePolicy
  | { readonly default: OutagePolicy; readonly features: { readonly [Id in keyof TFeatures & string]?: OutagePolicy } }

/** The policy of one feature. */
export function policyOf(policies: OutagePolicies, featureId: string): OutagePolicy {
  if (typeof policies === 'string' || 'allowUpTo' in policies) return policies
  return policies.features[featureId] ?? policies.default
}
