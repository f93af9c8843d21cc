import type { Envelope } from '@tollgate/features'
import type { TRPCCombinedDataTransformer } from '@trpc/server'
import { Account, asUnits } from './account.ts'
import {
  type AccessAfter,
  type Caller,
  type FeatureUnits,
  type OperationRef,
  OutageError,
  type Overage,
  type Repeated,
} from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import { begin } from './begin.ts'
import { answered, type CallResult, type MeteredCall } from './call.ts'
import type { MeteringCore } from './core.ts'
import type { ClaimDenial } from './denialShape.ts'
import { answerText, parseAnswer, repeatableOperation, STREAMED_ANSWER, uniqueOperation } from './operation.ts'
import type { Part } from './part.ts'
import { type QuoteRequest, quoteRequestOf } from './quote.ts'
import { type MeteredRequest, requestOf } from './request.ts'
import { type RunningCall, runningCall, runWithin } from './running.ts'
import { followedStream, iterableOf } from './stream.ts'
import { type CostRule, countOf, type Line, linesOf } from './units.ts'

/** How one procedure is metered. */
export interface MeteredRules {
  readonly costs: readonly CostRule[]
  /** What the call really used, told from its answer; null: as it was counted. */
  readonly used: ((opts: { readonly output: unknown; readonly input: unknown; readonly ctx: unknown }) => number | UnitsUsed) | null
  /** What becomes of units beyond the hold. */
  readonly overage: Overage
  /** Held while the call runs; null: nothing. */
  readonly slot: { readonly line: Line; readonly allowance: FeatureUnits | null } | null
  /** Gives denials that end a stream the shape of their procedure; null: the router's. */
  readonly claim: ClaimDenial | null
}

/** What was really used, by feature. */
export type UnitsUsed = { readonly [featureId: string]: number | undefined }

/** A call that holds its units. */
interface HeldCall extends RunningCall {
  readonly core: MeteringCore
  readonly rules: MeteredRules
  readonly call: MeteredCall
  readonly lines: readonly Line[]
  readonly operation: OperationRef
  readonly request: MeteredRequest | null
  /** Lets repeats of the operation go on. */
  readonly over: () => void
}

/** A middleware that meters each call: sets its units aside, lets it run, and settles what it used. */
export function meter(core: MeteringCore, rules: MeteredRules): (call: MeteredCall) => Promise<CallResult> {
  return async (call) => {
    const caller = await core.callerOf(call.ctx)
    const costs = await linesOf(rules.costs, call.path, call)
    const quoted = quoteRequestOf(call.ctx)
    if (quoted) {
      quoted.items.push(...costs.map(asUnits))
      return quotedOnly(call, caller, quoted)
    }

    const { slot } = rules
    const lines = slot ? [...costs, slot.line] : costs
    if (slot?.allowance) await core.backend.allot?.(caller, slot.allowance).catch(unlessOutage)

    const outer = runningCall()
    if (outer && sharesHold(core, outer.account, caller)) return runJoined(rules, call, outer.account, lines)

    // What a resolver calls for another customer does not take the request's ids and wishes for its own.
    const request = outer ? null : requestOf(call.ctx)
    const operation = await operationOf(call, caller, request)
    const begun = await begin(core, { caller, lines, operation, path: call.path, signal: call.signal })
    if (begun.kind === 'denied') {
      noteAfter(request, begun.access)
      throw core.refusal(begun.denial)
    }
    if (begun.kind === 'repeated') return replay(core, lines, request, begun)
    const account = new Account(core, begun.backend, begun.hold, lines, rules.overage, begun.access)
    if (begun.backend === core.backend) core.keepAlive.add(begun.hold)
    return runHeld({ core, rules, call, lines, operation, request, account, part: account.open(lines, call.path), over: begun.over })
  }
}

async function runHeld(held: HeldCall): Promise<CallResult> {
  const { call, request } = held
  const result = await proceed(call, held)
  if (!result.ok) {
    await giveBack(held)
    return result
  }
  const source = iterableOf(result.data, call)
  if (source === null) return settle(held, result)
  // tRPC refuses a stream over a link that cannot carry one, and never starts it.
  if (request && !request.canStream && call.type !== 'subscription') {
    await giveBack(held)
    return result
  }
  return { ...result, data: streamed(held, source) }
}

/** Settles a call whose answer is there. What cannot be paid is given back, and the caller is refused the answer. */
async function settle(held: HeldCall, result: Extract<CallResult, { ok: true }>): Promise<CallResult> {
  const { core, rules, call, account, part, operation, request } = held
  let text: string | null
  try {
    settleByAnswer(rules, call, part, result.data)
    if (account.settling) await account.settling
    if (account.refusal) throw account.refusal
    text = operation.unique ? null : answerText(result.data, transformerOf(request), core.answerLimitBytes)
  } catch (error) {
    await giveBack(held)
    throw error
  }
  const units = account.totals().map(asUnits)
  const settled = await core.settling.commit(account, { units, overage: rules.overage, answer: text })
  if (settled.kind === 'denied') {
    await giveBack(held)
    throw core.refusal(settled.denial)
  }
  held.over()
  if (settled.kind === 'unsettled' && units.some(({ featureId }) => core.outage.policyOf(featureId) === 'deny'))
    throw core.refusal(unreadDenial('outage', units))
  noteAfter(request, account.access)
  return { ...result, data: enveloped(request, call, result.data, account.access) }
}

/** Follows a stream: what was delivered is committed, however it ends. */
function streamed(held: HeldCall, source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  const { core, rules, call, lines, account, part, operation, request, over } = held
  /** What is to be paid if the stream ends here; null until a chunk was delivered. */
  let delivered: readonly Line[] | null = null
  account.extendBy(lines)

  return followedStream(source, call.signal, {
    within: (step) => runWithin(held, step),
    onChunk: () => chunkPaid(account),
    onError: async (error) => rules.claim?.(error, call),
    onDelivered() {
      delivered = account.totals()
    },
    async onEnd(how) {
      const owed = how === 'done' ? account.totals() : how === 'failed' && !part.counts ? null : delivered
      if (how === 'left') account.leave()
      if (owed === null) {
        await giveBack(held)
        return null
      }
      const overage = rules.overage === 'overflow' ? 'overflow' : 'cap'
      await core.settling.commit(account, {
        units: owed.map(asUnits),
        overage,
        answer: operation.unique ? null : STREAMED_ANSWER,
      })
      over()
      const access = account.access()
      const wanted = how === 'done' && request?.wantsEnvelope && call.type !== 'subscription'
      return wanted && access ? { last: { $tollgate: 1, access } satisfies Envelope } : null
    },
  })
}

/** A call made by a metered resolver for the same customer draws on the resolver's hold: one hold, one receipt. */
function sharesHold(core: MeteringCore, account: Account, caller: Caller): boolean {
  const { customerId, entityId } = account.caller
  return !account.ended && account.backend === core.backend && customerId === caller.customerId && entityId === caller.entityId
}

async function runJoined(rules: MeteredRules, call: MeteredCall, account: Account, lines: readonly Line[]): Promise<CallResult> {
  const part = await account.join(lines, call.path)
  const joined = { account, part }
  const result = await proceed(call, joined)
  const source = result.ok ? iterableOf(result.data, call) : null
  if (!result.ok || source === null) {
    if (result.ok) settleByAnswer(rules, call, part, result.data)
    part.end(result.ok ? 'done' : 'failed')
    return result
  }
  const stream = followedStream(source, call.signal, {
    within: (step) => runWithin(joined, step),
    onChunk: () => chunkPaid(account),
    onError: async (error) => rules.claim?.(error, call),
    onDelivered() {},
    async onEnd(how) {
      part.end(how === 'failed' && !part.counts ? 'failed' : 'done')
      return null
    },
  })
  return { ...result, data: stream }
}

/** Runs what comes after the middleware. */
function proceed(call: MeteredCall, running: RunningCall): Promise<CallResult> {
  return runWithin(running, () => call.next({ ctx: { usage: running.part } }))
}

async function giveBack({ core, account, request, over }: HeldCall): Promise<void> {
  await core.settling.release(account)
  noteAfter(request, account.access)
  over()
}

async function chunkPaid(account: Account): Promise<void> {
  if (account.settling) await account.settling
  if (account.refusal) throw account.refusal
}

function settleByAnswer(rules: MeteredRules, call: MeteredCall, part: Part, output: unknown): void {
  if (rules.used === null) return
  const used = rules.used({ output, input: call.input, ctx: call.ctx })
  const byId: UnitsUsed = typeof used === 'number' ? Object.fromEntries(rules.costs.map(({ featureId }) => [featureId, used])) : used
  const lines = Object.entries(byId).flatMap(([featureId, units]) =>
    units === undefined ? [] : [{ featureId, units: countOf(units, () => `used() for '${featureId}' in ${call.path}`) }],
  )
  part.settleAt(lines)
}

async function operationOf(call: MeteredCall, caller: Caller, request: MeteredRequest | null): Promise<OperationRef> {
  const id = request?.operationIds[call.batchIndex] ?? null
  return id === null ? uniqueOperation() : repeatableOperation(id, caller, call.path, await call.getRawInput())
}

/** Answers a repeat as the first call was answered. */
function replay(core: MeteringCore, lines: readonly Line[], request: MeteredRequest | null, repeated: Repeated): CallResult {
  noteAfter(request, repeated.access)
  const kept = parseAnswer(repeated.answer, transformerOf(request))
  if (kept.kind !== 'data')
    throw core.refusal(unreadDenial(kept.kind === 'stream' ? 'answer_streamed' : 'answer_too_large', lines.map(asUnits)))
  return answered(enveloped(request, null, kept.data, repeated.access))
}

/** A call that is only quoted goes on to the next middleware that has a say, and no further. */
export function quotedOnly(call: MeteredCall, caller: Caller, quoted: QuoteRequest): CallResult | Promise<CallResult> {
  quoted.caller = caller
  quoted.remaining -= 1
  return quoted.remaining > 0 ? call.next() : answered(undefined)
}

function enveloped(request: MeteredRequest | null, call: MeteredCall | null, data: unknown, accessAfter: AccessAfter): unknown {
  if (!request?.wantsEnvelope || call?.type === 'subscription') return data
  const access = accessAfter()
  return access ? ({ $tollgate: 1, data, access } satisfies Envelope) : data
}

function noteAfter(request: MeteredRequest | null, access: AccessAfter): void {
  if (request) request.access = access
}

/** What cannot be allotted in an outage is decided with the call itself. */
function unlessOutage(error: unknown): void {
  if (!(error instanceof OutageError)) throw error
}

function transformerOf(request: MeteredRequest | null): TRPCCombinedDataTransformer | null {
  return request?.router?._def._config.transformer ?? null
}
