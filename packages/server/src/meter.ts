import { Account } from './account.ts'
import { enveloped, noteAfter, transformerOf } from './answer.ts'
import { type Caller, OutageError, type Repeated } from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import { type Beginning, type Begun, begin } from './begin.ts'
import { answered, type CallResult, type MeteredCall } from './call.ts'
import type { MeteringCore } from './core.ts'
import { runHeld } from './heldCall.ts'
import { isPromise } from './isPromise.ts'
import { runJoined } from './joinedCall.ts'
import { parseAnswer, repeatableOperation, uniqueOperation } from './operation.ts'
import { quotedOnly, quoteRequestOf } from './quote.ts'
import { type MeteredRequest, ownRequestOf } from './request.ts'
import type { MeteredRules } from './rules.ts'
import { runningCall } from './running.ts'
import type { CallFacts, Telemetry } from './telemetry.ts'
import { asUnits, type Line, linesOf } from './units.ts'

/** A middleware that meters each call: sets its units aside, lets it run, and settles what it used. */
export function meter(core: MeteringCore, rules: MeteredRules): (call: MeteredCall) => Promise<CallResult> {
  return async (call) => {
    const identified = core.callerOf(call.ctx)
    const caller = isPromise(identified) ? await identified : identified
    const counted = linesOf(rules.costs, call.path, call)
    const costs = isPromise(counted) ? await counted : counted
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

    const request = ownRequestOf(call)
    const id = request?.operationIds[call.batchIndex] ?? null
    const operation = id === null ? uniqueOperation(core.clock.now()) : repeatableOperation(id, caller, call.path, await call.getRawInput())
    const facts: CallFacts = { procedure: call.path, featureIds: lines.map(({ featureId }) => featureId), operationId: operation.id }
    const beginning: Beginning = { caller, lines, patterns: rules.patterns, operation, path: call.path, signal: call.signal }
    const begun = await (core.telemetry ? observed(core, core.telemetry, facts, beginning) : begin(core, beginning))
    if (begun.kind === 'denied') {
      noteAfter(request, begun.access)
      throw core.refusal(begun.denial)
    }
    if (begun.kind === 'repeated') return replay(core, call, lines, request, begun)
    const account = new Account(core, begun.backend, begun.hold, lines, rules.overage, begun.access)
    if (begun.backend === core.backend) core.keepAlive.add(begun.hold)
    const part = account.open(lines, call.path)
    return await runHeld({ core, rules, call, facts, lines, operation, request, account, part, over: begun.over })
  }
}

/** A call made by a metered resolver for the same customer draws on the resolver's hold: one hold, one receipt. */
function sharesHold(core: MeteringCore, account: Account, caller: Caller): boolean {
  const { customerId, entityId } = account.caller
  return !account.ended && account.backend === core.backend && customerId === caller.customerId && entityId === caller.entityId
}

/** Begins a call, and tells how it was decided. */
async function observed(core: MeteringCore, telemetry: Telemetry, facts: CallFacts, beginning: Beginning): Promise<Begun> {
  const step = telemetry.start('reserve', facts)
  try {
    const begun = await step.run(() => begin(core, beginning))
    const decision = begun.kind === 'held' ? 'allowed' : begun.kind === 'repeated' ? 'repeated' : begun.denial.reason
    step.end(decision)
    for (const featureId of facts.featureIds) telemetry.decided(facts.procedure, featureId, decision)
    return begun
  } catch (error) {
    step.end('failed', error)
    throw error
  }
}

/** Answers a repeat as the first call was answered. */
function replay(
  core: MeteringCore,
  call: MeteredCall,
  lines: readonly Line[],
  request: MeteredRequest | null,
  repeated: Repeated,
): CallResult {
  noteAfter(request, repeated.access)
  const kept = parseAnswer(repeated.answer, transformerOf(request))
  const reason = kept.kind === 'stream' ? 'answer_streamed' : 'answer_too_large'
  if (kept.kind !== 'data') throw core.refusal(unreadDenial(reason, lines.map(asUnits)))
  return answered(call.type === 'subscription' ? kept.data : enveloped(request, kept.data, repeated.access))
}

/** What cannot be allotted in an outage is decided with the call itself. */
function unlessOutage(error: unknown): void {
  if (!(error instanceof OutageError)) throw error
}
