import type { CustomerAccess, FeatureId, Features, Manifest, Plan } from '@tollgate/features'
import {
  type AnyTRPCRootTypes,
  type AnyTRPCRouter,
  initTRPC,
  type TRPCBuiltRouter,
  TRPCError,
  type TRPCQueryProcedure,
  type TRPCSubscriptionProcedure,
  tracked,
} from '@trpc/server'
import { z } from 'zod'
import type { Caller, HistoryPoint, ReceiptPage } from './backends/backend.ts'
import type { AnyBuilder } from './builder.ts'
import { changesOf } from './changes.ts'
import type { MeteringCore } from './core.ts'
import { denialOf } from './denialError.ts'
import { free } from './free.ts'
import { marksOf } from './mark.ts'
import { manifestOf, proceduresOf } from './procedures.ts'
import { type Quote, type QuoteRequest, quoteOf, withQuote } from './quote.ts'
import { requestOf } from './request.ts'

export interface UsageRouterOptions {
  /** The router that the manifest and quotes are about. Only for server-side calls: over HTTP it is the one that is served. */
  readonly router?: () => AnyTRPCRouter
  /** How often a stream of changes tells the access without a change: keeps connections open, and shows what other processes changed. Default 25 s. */
  readonly heartbeatMs?: number
}

interface EntityInput {
  readonly entityId?: string | undefined
}

export interface HistoryInput extends EntityInput {
  readonly featureIds: readonly string[]
  /** Milliseconds since the epoch. */
  readonly from: number
  /** Milliseconds since the epoch, exclusive. */
  readonly until: number
  readonly bin: 'hour' | 'day' | 'month'
}

export interface ReceiptsInput extends EntityInput {
  readonly cursor?: string | null | undefined
  /** From 1 to 100; default 20. */
  readonly limit?: number | undefined
  readonly featureId?: string | undefined
  /** A part of an operation id or of a procedure's path. */
  readonly search?: string | undefined
}

type Query<TInput, TOutput, TErrorShape> = TRPCQueryProcedure<{ input: TInput; output: TOutput; meta: unknown; errorShape: TErrorShape }>
type Subscription<TInput, TOutput, TErrorShape> = TRPCSubscriptionProcedure<{
  input: TInput
  output: AsyncIterable<{ id: string; data: TOutput }>
  meta: unknown
  errorShape: TErrorShape
}>

/** The procedures with which clients read their own usage. */
export type UsageProcedures<TFeatures extends Features, TErrorShape> = {
  /** What the customer has, and may do. */
  readonly access: Query<EntityInput | undefined, CustomerAccess<FeatureId<TFeatures>>, TErrorShape>
  /** The same on every change, beginning with how it is now. */
  readonly changes: Subscription<
    (EntityInput & { readonly lastEventId?: string | null | undefined }) | undefined,
    CustomerAccess<FeatureId<TFeatures>>,
    TErrorShape
  >
  /** Which procedures are metered or gated, and by what. */
  readonly manifest: Query<void, Manifest, TErrorShape>
  /** What a call would cost; runs and holds nothing. */
  readonly quote: Query<{ readonly path: string; readonly input?: unknown }, Quote<FeatureId<TFeatures>>, TErrorShape>
  /** Units used, summed by bins of time. */
  readonly history: Query<HistoryInput, readonly HistoryPoint[], TErrorShape>
  /** What calls have cost, newest first. */
  readonly receipts: Query<ReceiptsInput | undefined, ReceiptPage, TErrorShape>
  /** The plans on offer. */
  readonly plans: Query<void, readonly Plan<FeatureId<TFeatures>>[], TErrorShape>
}

/** A router to merge into the application's: `router({ usage: metering.usageRouter(authedProcedure), … })`. */
export type UsageRouter<TFeatures extends Features, TErrorShape> = TRPCBuiltRouter<
  AnyTRPCRootTypes,
  UsageProcedures<TFeatures, TErrorShape>
>

// What is not known is refused by name: a client that names a customer, or misspells an entity, is told so instead of misled.
const entity = { entityId: z.string().min(1).optional() }
const entityInput = z.strictObject(entity).optional()
const changesInput = z.strictObject({ ...entity, lastEventId: z.string().nullish() }).optional()
const quoteInput = z.strictObject({ path: z.string(), input: z.unknown().optional() })
const historyInput = z
  .strictObject({
    ...entity,
    featureIds: z.array(z.string()).min(1).max(100),
    from: z.number().int().nonnegative(),
    until: z.number().int().nonnegative(),
    bin: z.enum(['hour', 'day', 'month']),
  })
  .refine(({ from, until }) => from < until, { error: 'until must be later than from' })
const receiptsInput = z
  .strictObject({
    ...entity,
    cursor: z.string().nullish(),
    // React Query's infinite queries say which way they read on; receipts are read on in one.
    direction: z.enum(['forward', 'backward']).optional(),
    limit: z.number().int().min(1).max(100).optional(),
    featureId: z.string().optional(),
    search: z.string().max(200).optional(),
  })
  .optional()

/** Builds the usage router on a base procedure, whose context says who asks. Nothing that a client sends names another customer. */
export function usageRouterOn(core: MeteringCore, base: AnyBuilder, options: UsageRouterOptions = {}) {
  const { backend } = core
  const callerOf = async (ctx: unknown, entityId: string | undefined): Promise<Caller> => within(await core.callerOf(ctx), entityId)
  const routerOf = (ctx: unknown): AnyTRPCRouter => {
    const router = requestOf(ctx)?.router ?? options.router?.()
    if (router) return router
    const message = 'serve the router with handlerOptions() or mountTrpc(), or give usageRouter() the option { router: () => appRouter }'
    throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message })
  }

  return initTRPC.create().router({
    access: free(base.input(entityInput).query(async ({ ctx, input }) => backend.access(await callerOf(ctx, input?.entityId)))),
    changes: free(
      base.input(changesInput).subscription(async function* ({ ctx, input, signal }) {
        const caller = await callerOf(ctx, input?.entityId)
        const changes = changesOf(backend, caller, options.heartbeatMs ?? 25_000, signal)
        for await (const access of changes) yield tracked(`${access.version}`, access)
      }),
    ),
    manifest: free(base.query(({ ctx }) => manifestOf(routerOf(ctx)))),
    quote: free(base.input(quoteInput).query(({ ctx, input, signal }) => quoteCall(core, routerOf(ctx), { ctx, signal, ...input }))),
    history: free(
      base.input(historyInput).query(async ({ ctx, input: { entityId, ...query } }) => {
        return backend.history({ ...query, caller: await callerOf(ctx, entityId) })
      }),
    ),
    receipts: free(
      base.input(receiptsInput).query(async ({ ctx, input = {} }) => {
        const { entityId, cursor = null, limit = 20, featureId = null, search = null } = input
        return backend.receipts({ caller: await callerOf(ctx, entityId), cursor, limit, featureId, search })
      }),
    ),
    plans: free(base.query(() => backend.plans())),
  })
}

/** A client may look at a part of its own customer; one that is a part itself sees nothing else. */
function within(caller: Caller, entityId: string | undefined): Caller {
  if (entityId === undefined || entityId === caller.entityId) return caller
  if (caller.entityId !== null) throw new TRPCError({ code: 'FORBIDDEN', message: 'This session sees the usage of its own entity only.' })
  return { ...caller, entityId }
}

interface QuotedCall {
  readonly ctx: object
  readonly path: string
  readonly input?: unknown
  readonly signal: AbortSignal | undefined
}

async function quoteCall(core: MeteringCore, router: AnyTRPCRouter, { ctx, path, input, signal }: QuotedCall): Promise<Quote> {
  const procedure = (await proceduresOf(router)).get(path)
  const marks = procedure ? marksOf(procedure) : []
  if (procedure === undefined || marks.length === 0)
    throw new TRPCError({ code: 'NOT_FOUND', message: `No metered procedure on path "${path}"` })
  const request: QuoteRequest = { remaining: marks.length, caller: null, items: [], gates: [] }
  // Runs the procedure's own middlewares and schemas up to the last that has a say, so that the quote is what the call would be told.
  await procedure({ ctx: withQuote(ctx, request), path, type: procedure._def.type, getRawInput: async () => input, signal, batchIndex: 0 })
  const { caller, items, gates } = request
  if (caller === null) throw new TRPCError({ code: 'NOT_FOUND', message: `No metered procedure on path "${path}"` })
  const checked = await core.backend.check({ caller, items: [...gates.map((featureId) => ({ featureId, units: 1 })), ...items] })
  const access = checked.access() ?? (await core.backend.access(caller))
  return quoteOf(core.features, access, path, items, checked.kind === 'denied' ? denialOf(core.refusal(checked.denial)) : null)
}
