import type { Features, Receipt } from '@tollgate/features'
import type { TRPCProcedureBuilder } from '@trpc/server'
import { type Backend, type Caller, OutageError, type Refund } from './backends/backend.ts'
import type { AnyBuilder, ContextOf, Identified } from './builder.ts'
import { type Clock, systemClock } from './clock.ts'
import type { MeteringCore } from './core.ts'
import { type DenialCodes, denialError } from './denialError.ts'
import { type Gated, gatedMiddleware } from './gated.ts'
import { type GatedProcedure, gatedProcedureOn } from './gatedProcedure.ts'
import { callerOf, type Identify } from './identify.ts'
import { createKeepAlive } from './keepAlive.ts'
import type { IdsOf } from './meterable.ts'
import { type Metered, meteredMiddleware } from './metered.ts'
import { type MeteredProcedure, meteredProcedureOn } from './meteredProcedure.ts'
import { createOutageDesk } from './outage/outageDesk.ts'
import type { OutagePolicies } from './outage/outagePolicy.ts'
import type { OutageUse } from './outage/outageRecords.ts'
import { createRepeats } from './repeats.ts'
import { createSettling, type SettleMode } from './settling.ts'
import type { Telemetry } from './telemetry.ts'
import { type UsageRouter, type UsageRouterOptions, usageRouterOn } from './usageRouter.ts'

export interface MeteringOptions<TFeatures extends Features, TContext> {
  /** Declared with `defineFeatures`, the same that the backend was given. */
  readonly features: TFeatures
  /** Where usage is kept: `embedded(engine)` or `autumn({ … })`. */
  readonly backend: Backend
  /** Says whose call it is, from the server's context alone. */
  readonly identify: Identify<TContext>
  /** What happens to calls while the backend cannot answer. There is no default: both answers are wrong for somebody. */
  readonly onOutage: OutagePolicies<TFeatures>
  /** How long a call waits for the backend to decide before that counts as an outage, in ms; default: as long as it takes. */
  readonly budgetMs?: number
  /** Hears what was let through in an outage, once it is recorded. Default: written to the console if more was used than there was. */
  readonly onOutageUse?: (use: OutageUse) => void
  /** Other tRPC codes for some reasons of denial. */
  readonly codes?: DenialCodes
  /** When an answer leaves: once its cost is recorded (`await`, the default), or before. */
  readonly settle?: SettleMode
  /** How long units stay set aside for a call that has vanished, in ms; default 15 minutes. A call that runs keeps its hold for as long as it takes. */
  readonly holdTtlMs?: number
  /** How long the repeat of a call that still runs waits for its answer, in ms; default 10 seconds. */
  readonly repeatWaitMs?: number
  /** The most bytes of an answer that are kept for a repeat; default 64 KiB. */
  readonly answerLimitBytes?: number
  /** How long an answer waits for a backend that went out under it, in ms; default 5 seconds. */
  readonly settleTimeoutMs?: number
  /** Traces and counts: `openTelemetry()` from '@tollgate/server/opentelemetry'. Default: nothing is traced, and it costs nothing. */
  readonly telemetry?: Telemetry
  /** Time, for tests. */
  readonly clock?: Clock
  /** Hears of faults beside a call, whose caller has an answer already. Default: written to the console. */
  readonly onError?: (error: unknown) => void
}

/** What one application meters with. */
export interface Metering<TFeatures extends Features, TContext> {
  /** The two kinds of procedures on a base, such as your `authedProcedure`. */
  procedures<$Context, $Meta, $Overrides, $InputIn, $InputOut, $OutputIn, $OutputOut, $Caller extends boolean, $ErrorShape>(
    base: Identified<
      ContextOf<$Context, $Overrides>,
      TContext,
      TRPCProcedureBuilder<$Context, $Meta, $Overrides, $InputIn, $InputOut, $OutputIn, $OutputOut, $Caller, $ErrorShape>
    >,
  ): {
    readonly meteredProcedure: MeteredProcedure<
      IdsOf<TFeatures>,
      $Context,
      $Meta,
      $Overrides,
      $InputIn,
      $InputOut,
      $OutputIn,
      $OutputOut,
      $Caller,
      $ErrorShape
    >
    readonly gatedProcedure: GatedProcedure<
      IdsOf<TFeatures>,
      $Context,
      $Meta,
      $Overrides,
      $InputIn,
      $InputOut,
      $OutputIn,
      $OutputOut,
      $Caller,
      $ErrorShape
    >
  }
  /** Meters a procedure of any `initTRPC`: after its `.input()` and before its `.output()`. */
  readonly metered: Metered<IdsOf<TFeatures>, TContext>
  /** Gates a procedure of any `initTRPC`. */
  readonly gated: Gated<IdsOf<TFeatures>, TContext>
  /** The router that clients read their usage from, on a base that says who asks. */
  usageRouter<$Context, $Meta, $Overrides, $InputIn, $InputOut, $OutputIn, $OutputOut, $Caller extends boolean, $ErrorShape>(
    base: Identified<
      ContextOf<$Context, $Overrides>,
      TContext,
      TRPCProcedureBuilder<$Context, $Meta, $Overrides, $InputIn, $InputOut, $OutputIn, $OutputOut, $Caller, $ErrorShape>
    >,
    options?: UsageRouterOptions,
  ): UsageRouter<TFeatures, $ErrorShape>
  /** The receipt of a finished call; null when there is none of this customer. */
  receipt(of: OperationOfCustomer): Promise<Receipt | null>
  /** Gives a finished call's units back to the grants that paid for them; once, however often it is asked. Takes a receipt, too. */
  refund(of: OperationOfCustomer): Promise<Refund>
  /** Resolves once every call that has been answered is recorded: await it before the process ends. */
  drain(): Promise<void>
}

/** Names one call: `ctx.usage.operationId` beside its customer. A receipt is one. */
export interface OperationOfCustomer {
  readonly customerId: string
  readonly operationId: string
}

function tellOvershoot({ customerId, featureId, units, overshoot }: OutageUse): void {
  if (overshoot > 0) console.warn(`in an outage ${customerId} used ${units} of ${featureId}, ${overshoot} more than there was`)
}

const FIFTEEN_MINUTES_MS = 900_000

/** Ties features, a backend and a way to tell customers apart into what procedures are metered with. */
export function createMetering<const $Features extends Features, $Context>(
  options: MeteringOptions<$Features, $Context>,
): Metering<$Features, $Context> {
  const {
    features,
    backend,
    identify,
    codes = {},
    holdTtlMs = FIFTEEN_MINUTES_MS,
    onError: report = console.error,
    telemetry = null,
    clock = systemClock,
  } = options
  const noteOutage = (step: 'extend' | 'commit' | 'release', error: OutageError): void => {
    telemetry?.outage(step)
    outage.noteOutage(error)
  }
  const notKept = (error: unknown): void => {
    if (error instanceof OutageError) noteOutage('extend', error)
    else report(error)
  }
  const keepAlive = createKeepAlive(holdTtlMs, (hold) => backend.extend(hold, [], holdTtlMs).catch(notKept), clock)
  const settling = createSettling({
    settle: options.settle ?? 'await',
    timeoutMs: options.settleTimeoutMs ?? 5_000,
    onEnded: keepAlive.remove,
    onOutage: noteOutage,
    onAnswer: () => outage.noteAnswer(),
    report,
    clock,
  })
  const outage = createOutageDesk({
    policies: options.onOutage,
    features,
    backend,
    inBackground: settling.inBackground,
    abandon: (hold) => settling.abandon(backend, hold),
    onUse: options.onOutageUse ?? tellOvershoot,
    report,
    clock,
  })
  const core: MeteringCore = {
    features,
    backend,
    // The compiler checked at every procedure that its context has what `identify` needs.
    callerOf: (ctx) => callerOf(identify, ctx as $Context),
    refusal: (facts) => denialError(facts, features, codes),
    report,
    holdTtlMs,
    answerLimitBytes: options.answerLimitBytes ?? 65_536,
    repeats: createRepeats(options.repeatWaitMs ?? 10_000),
    settling,
    keepAlive,
    outage,
    budgetMs: options.budgetMs ?? null,
    telemetry,
    clock,
  }
  telemetry?.observe({ isOut: () => core.outage.isOut, unsettled: () => settling.unsettled })
  const anonymous = (customerId: string): Caller => ({ customerId, entityId: null })
  const metering = {
    procedures: (base: AnyBuilder) => ({ meteredProcedure: meteredProcedureOn(core, base), gatedProcedure: gatedProcedureOn(core, base) }),
    metered: (what: Parameters<typeof meteredMiddleware>[1], given?: Parameters<typeof meteredMiddleware>[2]) =>
      meteredMiddleware(core, what, given),
    gated: (featureId: string) => gatedMiddleware(core, featureId),
    usageRouter: (base: AnyBuilder, given?: UsageRouterOptions) => usageRouterOn(core, base, given),
    receipt: ({ customerId, operationId }: OperationOfCustomer) => backend.receipt(anonymous(customerId), operationId),
    refund: ({ customerId, operationId }: OperationOfCustomer) => backend.refund(anonymous(customerId), operationId),
    drain: () => core.settling.drain(),
  }
  // The typed signatures say exactly what the untyped ones do; this is the one seam between them.
  return metering as unknown as Metering<$Features, $Context>
}
