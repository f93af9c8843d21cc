// One client for an application.

export {
  type Customer,
  createMeteringClient,
  type EntityOptions,
  type FeatureOptions,
  type GateProps,
  type HistoryInput,
  type MeteringClient,
  type MeteringClientOptions,
  type ProviderProps,
} from './createMeteringClient.tsx'
export type { BalanceState, BooleanState, FeatureState, PoolState, ShortReason } from './featureState.ts'
export type { GateFaces } from './Gate.tsx'
export type { GateState } from './gateState.ts'
export type { Loaded, NotReady, Ready } from './loaded.ts'
export type { Gateable, GateableProcedure, GateInput } from './useGate.ts'
export type { ReadOptions } from './useReading.ts'

// Errors.

export { denialOf } from './denialOf.ts'
export { mayRetry } from './mayRetry.ts'

// The same without React.

export { afterMutations } from './afterMutations.ts'
export type { Cost } from './afterSpending.ts'
export { featureStateOf } from './featureState.ts'
export { gateStateOf } from './gateState.ts'
export { accessQuery, manifestQuery, type QuotedCosts, quoteQuery, type UsageQuery, usageQuery } from './usageQuery.ts'
export type { UsageClient, UsageSource } from './usageSource.ts'
