// Opening an engine.

export { type Change, createEngine, type Engine, type EngineOptions } from './engine.ts'
export type { Claim, ExecuteOptions } from './execution.ts'
export { type OpenEngineOptions, openEngine } from './openEngine.ts'
export { catalogOf } from './registry.ts'

// Commands and answers.

export { type Amount, amountOf, formatAmount, InexactAmountError, roundedAmountOf, unitsOf } from './core/amount.ts'
export type {
  Admission,
  Answers,
  AnswerTo,
  Attach,
  Cancel,
  Check,
  Command,
  Commit,
  Extend,
  FeatureUnits,
  Operation,
  Refund,
  Refusal,
  Release,
  Reserve,
  Shortfall,
  Track,
} from './core/command.ts'

// Customers and their ledger.

export { accessOf } from './access.ts'
export { type Balance, balanceOf } from './core/balance.ts'
export type { Catalog, CatalogFeature, CatalogPlan, PlanItem } from './core/catalog.ts'
export type { CustomerState, Entity, Subscription } from './core/customer.ts'
export type { Entry, SettledItem, Settlement, Use } from './core/entry.ts'
export type { Grant, Rollover } from './core/grant.ts'
export type { Hold, HoldItem, HoldOutcome, OperationRef, OverageBehavior, Payment, Properties } from './core/hold.ts'
export type { Scope } from './core/payers.ts'
export { shortageOf } from './shortage.ts'
export { unlockingPlans } from './unlocking.ts'

// Stores.

export { type CustomerQuery, type EntryQuery, type Page, type Store, StoreUnavailableError } from './store/store.ts'

// Auditing and moving ledgers.

export { type ExportOptions, exportLedger } from './transfer/exportLedger.ts'
export { type ImportOptions, type ImportResult, importLedger, LedgerFileError } from './transfer/importLedger.ts'
export type { LedgerCounts } from './transfer/ledgerLine.ts'
export { type LedgerFault, type Verification, type VerifyOptions, verify } from './verify.ts'
