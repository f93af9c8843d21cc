// Declaring features.

export { type DefinedFeatures, defineFeatures } from './defineFeatures.ts'
export {
  type BooleanFeature,
  boolean,
  type Costs,
  type CreditSystemFeature,
  creditSystem,
  type Feature,
  type Features,
  type MeteredFeature,
  metered,
  type UnitNames,
} from './feature.ts'
export type { AllocatedId, BooleanId, CreditSystemId, FeatureId, FeatureIdOf, MeteredId, PoolsOf } from './featureId.ts'
export { featureName } from './featureName.ts'
export { type Pool, poolsOf } from './pools.ts'

// Declaring plans.

export { definePlans } from './definePlans.ts'
export type { BillingInterval, BillingIntervalUnit, Interval, IntervalUnit } from './interval.ts'
export {
  type GrantedTerms,
  granted,
  type IncludedTerms,
  type ItemTerms,
  included,
  type OverageTerms,
  type PrepaidTerms,
  type PriceTerms,
  type RolloverTerms,
  type UnlimitedTerms,
  unlimited,
} from './itemTerms.ts'
export type { Plan, PlanId, PlanPrice, Plans, Trial } from './plan.ts'
export type { GrantedItem, IncludedItem, Overage, PlanItem, Rollover, UnitPrice, UnlimitedItem } from './planItem.ts'
export type { PlanPriceTerms, PlanTerms, TrialTerms } from './planTerms.ts'
export { RegistryError } from './registryError.ts'

// What a customer has.

export type {
  BalanceAccess,
  BooleanAccess,
  CustomerAccess,
  FeatureAccess,
  PlanAccess,
  PlanStatus,
} from './access.ts'
export { type Affordable, type Affordance, affords, type Unaffordable } from './affords.ts'

// The answer to a call.

export {
  type AllowedItem,
  type BalanceDenial,
  type BalanceReason,
  type Decision,
  type Denial,
  type DenialReason,
  denialReasons,
  type NamedPlan,
  type Payer,
  type Shortage,
  type UnreadDenial,
} from './decision.ts'
export { type DenialFacts, describeDenial } from './describeDenial.ts'
export type { Payment, Receipt, ReceiptItem } from './receipt.ts'

// What clients and servers say to each other.

export {
  ACCESS_HEADER,
  ENVELOPE_HEADER,
  type Envelope,
  isEnvelope,
  type Manifest,
  OPERATION_HEADER,
  type ProcedureCost,
} from './transport.ts'

// Elsewhere.

export type { AutumnConfig, AutumnFeature, AutumnItem, AutumnPlan } from './autumnConfig.ts'
export { toAutumnConfig } from './toAutumnConfig.ts'
