import { enveloped, lastChunk, noteAfter, transformerOf } from './answer.ts'
import type { CommitRequest, OperationRef } from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { CallResult, MeteredCall } from './call.ts'
import type { MeteringCore } from './core.ts'
import { answerText, STREAMED_ANSWER } from './operation.ts'
import type { MeteredRequest } from './request.ts'
import { assertCountedAsItFlows, type MeteredRules, settleByAnswer } from './rules.ts'
import { proceed, type RunningCall, runWithin } from './running.ts'
import type { Settlement } from './settling.ts'
import { FollowedStream, iterableOf } from './stream.ts'
import type { CallFacts } from './telemetry.ts'
import { asUnits, type Line } from './units.ts'

/** A call that holds its units. */
export interface HeldCall extends RunningCall {
  readonly core: MeteringCore
  readonly rules: MeteredRules
  readonly call: MeteredCall
  readonly facts: CallFacts
  readonly lines: readonly Line[]
  readonly operation: OperationRef
  readonly request: MeteredRequest | null
  /** Lets repeats of the operation go on. */
  readonly over: () => void
}

type Done = Extract<CallResult, { ok: true }>

/** Lets a call run, and sees to it that its hold ends, however the call does. */
export async function runHeld(held: HeldCall): Promise<CallResult> {
  const { core, call, facts, request } = held
  const work = core.telemetry?.start('work', facts)
  const result = await (work ? work.run(() => proceed(call, held)) : proceed(call, held))
  if (!result.ok) {
    work?.end('failed', result.error)
    await giveBack(held)
    return result
  }
  const source = iterableOf(result.data, call)
  if (source === null) {
    work?.end('done')
    return await settle(held, result)
  }
  // tRPC refuses a stream over a link that cannot carry one, and never starts it.
  if (request && !request.canStream && call.type !== 'subscription') {
    work?.end('refused')
    await giveBack(held)
    return result
  }
  try {
    return { ...result, data: streamed(held, source, work) }
  } catch (error) {
    work?.end('failed', error)
    await giveBack(held)
    throw error
  }
}

/** Settles a call whose answer is there. What cannot be paid is given back, and the caller is refused the answer. */
async function settle(held: HeldCall, result: Done): Promise<CallResult> {
  const { core, rules, call, account, part, operation, request } = held
  let text: string | null
  try {
    settleByAnswer(rules, call, part, result.data)
    await account.paid()
    text = operation.unique ? null : answerText(result.data, transformerOf(request), core.answerLimitBytes)
  } catch (error) {
    await giveBack(held)
    throw error
  }
  const units = account.totals().map(asUnits)
  const settled = await commit(held, { units, overage: account.overageAtEnd, answer: text })
  if (settled.kind === 'denied') {
    await giveBack(held)
    throw core.refusal(settled.denial)
  }
  if (settled.kind === 'unsettled' && units.some(({ featureId }) => core.outage.policyOf(featureId) === 'deny'))
    throw core.refusal(unreadDenial('outage', units))
  noteAfter(request, account.access)
  return request?.wantsEnvelope ? { ...result, data: enveloped(request, result.data, account.access) } : result
}

/** Follows a stream: what was delivered is committed, however it ends. */
function streamed(held: HeldCall, source: AsyncIterable<unknown>, work: ReturnType<typeof startOf>): AsyncIterable<unknown> {
  const { core, rules, call, lines, account, part, operation, request } = held
  assertCountedAsItFlows(rules, call)
  /** What is to be paid if the stream ends here; null until a chunk was delivered. */
  let delivered: readonly Line[] | null = null
  account.extendBy(lines)

  let lastReadAt = core.clock.now()
  const readAt = (): number => (stream.isAwaited ? core.clock.now() : lastReadAt)
  const stream: FollowedStream = new FollowedStream(source, call.signal, {
    within: (step) => runWithin(held, () => (work ? work.run(step) : step())),
    onChunk: () => account.paid(),
    onError: async (error) => rules.claim?.(error, call),
    onDelivered() {
      delivered = account.totals()
      lastReadAt = core.clock.now()
    },
    async onEnd(how) {
      work?.end(how)
      if (how === 'left') account.leave()
      const owed = how === 'done' ? account.totals() : how === 'failed' && !part.counts ? null : delivered
      if (owed === null) {
        await giveBack(held)
        return null
      }
      // What was delivered is gone: units that nobody can pay are dropped, or overdrawn where the procedure says so.
      const overage = account.overageAtEnd === 'overflow' ? 'overflow' : 'cap'
      await commit(held, { units: owed.map(asUnits), overage, answer: operation.unique ? null : STREAMED_ANSWER })
      return how === 'done' && call.type !== 'subscription' ? lastChunk(request, account.access) : null
    },
  })
  if (account.backend === core.backend && !account.ended) core.keepAlive.add(account.hold, { readAt, expire: () => stream.expire() })
  return stream
}

function startOf({ core, facts }: HeldCall, step: 'work' | 'commit' | 'release') {
  return core.telemetry?.start(step, facts)
}

async function commit(held: HeldCall, request: CommitRequest): Promise<Settlement> {
  const { core, account, facts, operation, over } = held
  account.seal()
  const step = startOf(held, 'commit')
  try {
    const settled = await core.settling.commit(account, request)
    step?.end(settled.kind)
    if (settled.kind === 'denied') return settled
    if (!operation.unique) core.outage.remember(operation, facts.featureIds, request.answer)
    for (const { featureId, units } of request.units) core.telemetry?.used(featureId, units)
    over()
    return settled
  } catch (error) {
    step?.end('failed', error)
    over()
    throw error
  }
}

async function giveBack(held: HeldCall): Promise<void> {
  const { core, account, request, over } = held
  account.seal()
  const step = startOf(held, 'release')
  await core.settling.release(account)
  step?.end('released')
  noteAfter(request, account.access)
  over()
}
