import { AsyncLocalStorage } from 'node:async_hooks'
import type { Account } from './account.ts'
import type { CallResult, MeteredCall } from './call.ts'
import type { Part } from './part.ts'
import type { Usage } from './usage.ts'

/** A metered call whose resolver is at work. */
export interface RunningCall {
  readonly account: Account
  readonly part: Part
}

const running = new AsyncLocalStorage<RunningCall>()

/** The usage of the metered call that is running, from anywhere below its resolver. Throws outside of one. */
export function usage(): Usage {
  const call = running.getStore()
  if (call === undefined) throw new Error('usage() was called outside of a metered procedure: call it below a resolver of one')
  return call.part
}

/** The call that is running; undefined outside of one. */
export function runningCall(): RunningCall | undefined {
  return running.getStore()
}

/** Runs work of a call, so that what is below it finds the call. */
export function runWithin<T>(call: RunningCall, work: () => T): T {
  return running.run(call, work)
}

/** Runs what comes after the metering middleware. */
export function proceed(call: MeteredCall, running: RunningCall): Promise<CallResult> {
  return runWithin(running, () => call.next({ ctx: { usage: running.part } }))
}
