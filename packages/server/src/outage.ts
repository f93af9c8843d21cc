import type { Features } from '@tollgate/features'

/** What happens to calls that cannot be checked. */
export type OutagePolicy = 'deny' | 'allow' | AllowUpTo

/** Lets calls through during an outage, up to so many units of a feature for each customer. */
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

export interface OutageDesk {
  policyOf(featureId: string): OutagePolicy
}

export function createOutageDesk(policies: OutagePolicies): OutageDesk {
  return {
    policyOf(featureId) {
      if (typeof policies === 'string' || 'allowUpTo' in policies) return policies
      return policies.features[featureId] ?? policies.default
    },
  }
}
