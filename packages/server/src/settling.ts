import type { DenialFacts, Receipt } from '@tollgate/features'
import type { Account } from './account.ts'
import { type AccessAfter, type Backend, type CommitRequest, type Hold, OutageError } from './backends/backend.ts'
import { type Clock, endsWithin } from './clock.ts'

/** How a call's cost was settled. */
export type Settlement =
  | { readonly kind: 'committed'; readonly access: AccessAfter }
  /** The call used more than what was held and what is left, under `refuse`. Nothing was recorded, and the hold is as it was. */
  | { readonly kind: 'denied'; readonly denial: DenialFacts; readonly access: AccessAfter }
  /** It is settled beside the answer. */
  | { readonly kind: 'background' }
  /** The backend did not answer in time. It goes on in the background. */
  | { readonly kind: 'unsettled' }

/** Ends holds, and does not let go before the backend has answered. */
export interface Settling {
  commit(account: Account, request: CommitRequest): Promise<Settlement>
  release(account: Account): Promise<void>
  /** Ends a hold that nobody uses, if it is there, as soon as the backend answers. */
  abandon(backend: Backend, hold: Hold): void
  /** Records beside the calls, again and again until the backend answers. */
  inBackground(work: () => Promise<void>): void
  /** Calls that were answered, or told that the backend is out, and whose cost is not recorded yet. */
  readonly unsettled: number
  /** Resolves once nothing is under way. */
  drain(): Promise<void>
}

export interface SettlingOptions {
  /**
   * `await`: an answer leaves once its cost is recorded. `background`: it leaves before. With `waitUntil` the platform is handed the rest,
   * so that a serverless function is not frozen before it is recorded.
   */
  readonly settle: SettleMode
  /** How long an answer waits for a backend that is out before it is told so. */
  readonly timeoutMs: number
  /** The last word on a hold. */
  readonly onEnded: (hold: Hold) => void
  /** The backend could not answer; it is asked again. */
  readonly onOutage: (step: 'commit' | 'release', error: OutageError) => void
  /** It has answered after all. */
  readonly onAnswer: () => void
  readonly report: (error: unknown) => void
  readonly clock: Clock
}

export type SettleMode = 'await' | 'background' | { readonly waitUntil: (settled: Promise<unknown>) => void }

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 30_000
const MOST_ABANDONED = 1_000

export function createSettling(options: SettlingOptions): Settling {
  const { settle, timeoutMs, onEnded, onOutage, onAnswer, report, clock } = options
  const underWay = new Set<Promise<void>>()
  const abandoned: (() => Promise<void>)[] = []
  let unsettled = 0

  const follow = (work: Promise<unknown>): void => {
    const end = (): void => {
      underWay.delete(followed)
    }
    const followed = work.then(end, end)
    underWay.add(followed)
  }

  const commit = async (account: Account, request: CommitRequest): Promise<Settlement> => {
    const { backend, caller, hold } = account
    const answer = await backend.commit(hold, request)
    if (answer.kind === 'denied') return answer
    if (answer.kind === 'committed') return closed(account, answer.receipt, answer.access)
    // The answer to an earlier try was lost, but the try was not.
    if (answer.became === 'committed') return closed(account, await receiptOf(account), account.access)
    // The hold ran out under the call: the work was done all the same, and is recorded without it.
    const overage = account.overage === 'cap' ? 'cap' : 'overflow'
    const recorded = await backend.record({
      caller,
      items: request.units,
      operation: hold.operation,
      overage,
      procedure: hold.procedure,
      answer: request.answer,
    })
    if (recorded.kind === 'running') throw new OutageError('the operation still holds units')
    if (recorded.kind === 'conflict')
      throw new Error(`the operation ${account.operationId} of ${hold.procedure} is recorded with another input`)
    return closed(account, recorded.kind === 'committed' ? recorded.receipt : await receiptOf(account), recorded.access)
  }

  const receiptOf = async ({ backend, caller, operationId }: Account): Promise<(() => Receipt) | null> => {
    const receipt = await backend.receipt(caller, operationId)
    return receipt && (() => receipt)
  }

  const closed = (account: Account, receipt: (() => Receipt) | null, access: AccessAfter): Settlement => {
    account.close(receipt, access)
    onEnded(account.hold)
    return { kind: 'committed', access }
  }

  /** Repeats what an outage stopped, for as long as it takes; every step of settling is safe to repeat. */
  const untilAnswered = async (step: 'commit' | 'release', work: () => Promise<void>): Promise<void> => {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        await work()
        if (waitMs > FIRST_RETRY_MS) onAnswer()
        return
      } catch (error) {
        if (!(error instanceof OutageError)) throw error
        onOutage(step, error)
        await clock.delay(waitMs)
      }
    }
  }

  /** What nobody waits for: a refusal cannot be told any more, so what is left is taken, and the rest dropped. */
  const commitAnyway = (account: Account, request: CommitRequest): Promise<void> => {
    unsettled++
    const anyway = async (): Promise<void> => {
      const settled = await commit(account, request)
      if (settled.kind === 'denied') await commit(account, { ...request, overage: 'cap' })
    }
    return inBackground('commit', anyway).finally(() => unsettled--)
  }

  const inBackground = (step: 'commit' | 'release', work: () => Promise<void>): Promise<void> => {
    const settled = untilAnswered(step, work).catch(report)
    follow(settled)
    return settled
  }

  const endAbandoned = async (): Promise<void> => {
    for (let next = abandoned[0]; next !== undefined; next = abandoned[0]) {
      try {
        await next()
      } catch (error) {
        if (error instanceof OutageError) throw error
        report(error)
      }
      abandoned.shift()
    }
  }

  return {
    async commit(account, request) {
      if (settle !== 'await') {
        const settled = commitAnyway(account, request)
        if (settle !== 'background') settle.waitUntil(settled)
        return { kind: 'background' }
      }
      try {
        return await commit(account, request)
      } catch (error) {
        if (!(error instanceof OutageError)) throw error
        onOutage('commit', error)
      }
      const settled = commitAnyway(account, request)
      return (await endsWithin(clock, settled, timeoutMs)) ? { kind: 'committed', access: account.access } : { kind: 'unsettled' }
    },
    async release(account) {
      const release = async (): Promise<void> => {
        const answer = await account.backend.release(account.hold)
        account.close(null, answer.kind === 'released' ? answer.access : account.access)
        onEnded(account.hold)
      }
      try {
        await release()
      } catch (error) {
        // The caller hears why the call failed, not that its units come back a little later.
        if (!(error instanceof OutageError)) return report(error)
        onOutage('release', error)
        void inBackground('release', release)
      }
    },
    abandon(backend, hold) {
      // In a long outage every refused call may leave one: those beyond the limit end when their time is over.
      if (abandoned.length >= MOST_ABANDONED) return
      abandoned.push(async () => void (await backend.release(hold)))
      if (abandoned.length === 1) void inBackground('release', endAbandoned)
    },
    inBackground(work) {
      void inBackground('commit', work)
    },
    get unsettled() {
      return unsettled
    },
    async drain() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
