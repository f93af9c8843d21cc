import type { DenialReason } from '@tollgate/features'

/** The steps of a metered call. */
export type StepName = 'reserve' | 'work' | 'commit' | 'release'

/** What is told of a call. No customers: what they do is for the ledger, and there are too many of them to tell apart in metrics. */
export interface CallFacts {
  readonly procedure: string
  readonly featureIds: readonly string[]
  readonly operationId: string
}

/** A step under way. */
export interface Step {
  /** Runs a part of it, so that what is traced below is traced as its child. */
  run<T>(work: () => T): T
  /** Tells how it ended; an error only when it is a fault, not when it is a refusal. */
  end(outcome: string, error?: unknown): void
}

/** How a call was decided. */
export type DecisionKind = 'allowed' | 'repeated' | DenialReason

/** How things stand, to be asked at any time. */
export interface Standing {
  /** Whether the backend failed to answer the last time it was asked. */
  isOut(): boolean
  /** Calls whose cost is not recorded yet, though they have been answered. */
  unsettled(): number
}

/** Hears what metering does: `openTelemetry()` from '@tollgate/server/opentelemetry'. */
export interface Telemetry {
  start(step: StepName, facts: CallFacts): Step
  decided(procedure: string, featureId: string, decision: DecisionKind): void
  /** Units set aside, or with a minus no longer. */
  held(featureId: string, units: number): void
  /** Units recorded as used. */
  used(featureId: string, units: number): void
  /** The backend could not answer. */
  outage(step: StepName | 'check' | 'extend'): void
  observe(standing: Standing): void
}
