import type { Account } from './account.ts'
import type { CallResult, MeteredCall } from './call.ts'
import { assertCountedAsItFlows, type MeteredRules, settleByAnswer } from './rules.ts'
import { proceed, type RunningCall, runWithin } from './running.ts'
import { FollowedStream, iterableOf } from './stream.ts'
import type { Line } from './units.ts'

/** Runs a call that a metered resolver makes for the same customer: it draws on the resolver's hold, and is on its receipt. */
export async function runJoined(rules: MeteredRules, call: MeteredCall, account: Account, lines: readonly Line[]): Promise<CallResult> {
  const joined: RunningCall = { account, part: await account.join(lines, call.path) }
  const { part } = joined
  const result = await proceed(call, joined)
  if (!result.ok) {
    part.end('failed')
    return result
  }
  try {
    const source = iterableOf(result.data, call)
    if (source) return { ...result, data: joinedStream(rules, call, joined, source) }
    settleByAnswer(rules, call, part, result.data)
  } catch (error) {
    part.end('failed')
    throw error
  }
  part.end('done')
  return result
}

function joinedStream(rules: MeteredRules, call: MeteredCall, joined: RunningCall, source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  const { account, part } = joined
  assertCountedAsItFlows(rules, call)
  return new FollowedStream(source, call.signal, {
    within: (step) => runWithin(joined, step),
    onChunk: () => account.paid(),
    onError: async (error) => rules.claim?.(error, call),
    onDelivered() {},
    async onEnd(how) {
      part.end(how === 'failed' && !part.counts ? 'failed' : 'done')
      return null
    },
  })
}
