import { backoffMs } from './backoff.ts'
import type { Delivery, DeliveryOutcome } from './delivery.ts'
import { limiter } from './limiter.ts'
import type { ClaimedDelivery, OutboxStore, SettledCall } from './outboxStore.ts'

export interface OutboxOptions {
  readonly store: OutboxStore
  /** Tries to deliver once; never rejects for what the far side does. `isTakenOver`: another process may have tried a moment ago. */
  readonly send: (delivery: Delivery, isTakenOver: boolean) => Promise<DeliveryOutcome>
  readonly clock: () => number
  /** From 0 to 1, for the spread of the waits. */
  readonly random?: () => number
  /** Hears of deliveries that were given up, and of an outbox that cannot be written to. */
  readonly report: (error: Error) => void
}

/** How the outbox stands. */
export interface OutboxMetrics {
  /** Recorded and not yet delivered. */
  readonly pending: number
  /** Given up: see them with `tollgate outbox list --dead`. */
  readonly dead: number
  /** How long the oldest pending delivery has waited. */
  readonly ageMs: number
  /** How long the newest delivered one took from being recorded; null before the first. */
  readonly lagMs: number | null
  readonly delivered: number
  readonly failedAttempts: number
}

/** Records what has to be delivered, and delivers it until it is done. */
export interface Outbox {
  /** Resolves once the call is on the disk; `attempted` once each delivery was tried for the first time. */
  settle(call: SettledCall): Promise<{ readonly kind: 'settled'; readonly attempted: Promise<void> } | { readonly kind: 'superseded' }>
  /** Delivers what was recorded outside of `settle`, such as the end of a lease. */
  deliver(delivery: Delivery): Promise<void>
  metrics(): Promise<OutboxMetrics>
  /** Tries whatever is due; with `early` also what waits for its next try. Resolves once each was tried. */
  pump(options?: { readonly early?: boolean }): Promise<void>
  /** Resolves once nothing of this process is on its way. */
  idle(): Promise<void>
  /** Stops trying; what is left is tried by the next process that opens the store. */
  stop(): void
}

const AT_ONCE = 32
const EVERYTHING = 100_000
const LONGEST_SLEEP_MS = 30_000

type Attempt = Pick<ClaimedDelivery, 'delivery' | 'attempts' | 'isTakenOver'>

function first(delivery: Delivery): Attempt {
  return { delivery, attempts: 0, isTakenOver: false }
}

export function createOutbox({ store, send, clock, random = Math.random, report }: OutboxOptions): Outbox {
  const limited = limiter(AT_ONCE)
  const underWay = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | null = null
  let wakesAt = Number.POSITIVE_INFINITY
  let stopped = false
  const seen = { lagMs: null as number | null, delivered: 0, failedAttempts: 0 }

  const tryOnce = async ({ delivery, attempts, isTakenOver }: Attempt): Promise<void> => {
    const { key } = delivery
    const outcome = await limited(() => send(delivery, isTakenOver)).catch(
      (error: unknown): DeliveryOutcome => ({ kind: 'failed', error: String(error), afterMs: null }),
    )
    switch (outcome.kind) {
      case 'delivered':
        seen.delivered += 1
        seen.lagMs = clock() - delivery.at
        return store.delivered(key)
      case 'failed': {
        seen.failedAttempts += 1
        const waitMs = Math.max(backoffMs(attempts + 1, random()), outcome.afterMs ?? 0)
        await store.postpone(key, clock() + waitMs, outcome.error)
        return wakeIn(waitMs)
      }
      case 'refused':
        report(new Error(`a delivery was given up, see 'tollgate outbox list --dead': ${outcome.error}`))
        return store.bury(key, outcome.error)
      case 'instead':
        await store.replace(key, outcome.delivery)
        return tryOnce(first(outcome.delivery))
    }
  }

  /** A delivery that could not be noted as delivered is sent again later, under the same key. */
  const attempt = (next: Attempt): Promise<void> => {
    const work = tryOnce(next).catch((error: unknown) => {
      if (!stopped) report(new Error('the outbox cannot be written to', { cause: error }))
    })
    const followed = work.then(() => {
      underWay.delete(followed)
    })
    underWay.add(followed)
    return followed
  }

  const wakeIn = (ms: number): void => {
    const at = Date.now() + Math.min(ms, LONGEST_SLEEP_MS)
    if (stopped || at >= wakesAt) return
    if (timer) clearTimeout(timer)
    wakesAt = at
    timer = setTimeout(() => {
      wakesAt = Number.POSITIVE_INFINITY
      pump().catch((error: unknown) => report(new Error('the outbox cannot be read', { cause: error })))
    }, at - Date.now()).unref()
  }

  const claimDue = async (early: boolean): Promise<readonly ClaimedDelivery[]> =>
    stopped ? [] : store.claim(early ? EVERYTHING : AT_ONCE, early)

  const pump = async ({ early = false } = {}): Promise<void> => {
    // What fails is due again later, so that the loop ends. Tried early, it would be claimed again at once: only the first round is early, and
    // those after it take what waited for another delivery.
    for (let claimed = await claimDue(early); claimed.length > 0; claimed = await claimDue(false)) {
      await Promise.all(claimed.map(attempt))
    }
    if (stopped) return
    const { nextAt } = await store.counts()
    if (nextAt !== null) wakeIn(Math.max(nextAt - clock(), 50))
  }

  return {
    async settle(call) {
      const settled = await store.settle(call)
      if (settled.kind === 'superseded') return settled
      const later = call.deliveries.map(({ notBefore }) => notBefore ?? Number.POSITIVE_INFINITY)
      const soonest = Math.min(...later)
      if (Number.isFinite(soonest)) wakeIn(Math.max(0, soonest - clock()))
      const attempts = settled.deliveries.map((delivery) => attempt(first(delivery)))
      return { kind: 'settled', attempted: Promise.all(attempts).then(() => undefined) }
    },
    deliver: (delivery) => attempt(first(delivery)),
    async metrics() {
      const { pending, dead, oldestAt } = await store.counts()
      return { pending, dead, ageMs: oldestAt === null ? 0 : Math.max(0, clock() - oldestAt), ...seen }
    },
    pump,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    stop() {
      stopped = true
      if (timer) clearTimeout(timer)
    },
  }
}
