// Metering an application.

export { embedded } from './backends/embedded.ts'
export type { Clock } from './clock.ts'
export { createMetering, type Metering, type MeteringOptions, type OperationOfCustomer } from './createMetering.ts'
export type { Identify, Identity } from './identify.ts'
export { type AllowUpTo, allowUpTo, type OutagePolicies, type OutagePolicy } from './outage/outagePolicy.ts'
export type { OutageUse } from './outage/outageRecords.ts'
export type { SettleMode } from './settling.ts'
export type { CallFacts, DecisionKind, Standing, Step, StepName, Telemetry } from './telemetry.ts'

// Types that the declarations of an application's own routers name.

export type { DenialShape, UsageContext, WithUsage } from './builder.ts'
export type { GatedProcedure } from './gatedProcedure.ts'
export type { IdsOf } from './meterable.ts'
export type { MeteredProcedure } from './meteredProcedure.ts'

// Inside a resolver, and around a call.

export { type InFlight, inFlight } from './inFlight.ts'
export { withOperation } from './request.ts'
export { usage } from './running.ts'
export type { Usage } from './usage.ts'

// Serving.

export { type ContextOptions, type HandlerOptions, handlerOptions } from './handlerOptions.ts'
export type { Quote, QuotedCost } from './quote.ts'
export type { HistoryInput, ReceiptsInput, UsageProcedures, UsageRouter, UsageRouterOptions } from './usageRouter.ts'

// Denials.

export { type DenialCodes, DenialError, denialCodes, denialOf } from './denialError.ts'
export { denialFormatter, type WithDenial } from './denialShape.ts'

// For tools.

export { free } from './free.ts'
export { type InspectedProcedure, inspectRouter } from './inspectRouter.ts'

// For backends of your own.

export {
  type AccessAfter,
  type Allowed,
  type Backend,
  type Caller,
  type CheckRequest,
  type CommitRequest,
  type Committed,
  type Ended,
  type Extended,
  type FeatureUnits,
  type Held,
  type HistoryBin,
  type HistoryPoint,
  type HistoryQuery,
  type Hold,
  type LedgerReceipt,
  type OperationRef,
  OutageError,
  type Overage,
  type Pattern,
  type ReceiptPage,
  type ReceiptQuery,
  type RecordRequest,
  type Refund,
  type Refused,
  type Released,
  type Repeated,
  type Reservation,
  type ReserveRequest,
} from './backends/backend.ts'
