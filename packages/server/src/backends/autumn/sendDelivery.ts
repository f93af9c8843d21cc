import type { TrackResponse } from 'autumn-js'
import type { ConfirmDelivery, Delivery, DeliveryOutcome, TrackDelivery } from '../../outbox/delivery.ts'
import type { Customers } from './customers.ts'
import type { Fault } from './fault.ts'
import type { Answer, Sdk } from './sdk.ts'

/**
 * How long Autumn surely remembers an idempotency key. Within it a repeat is told as a duplicate, so that "Lock not found" can only mean
 * that the lock ended by itself.
 */
const KEY_MEMORY_MS = 23 * 60 * 60_000

/** How long after its first try a duplicate is doubted: the try that got no answer may still be running, and may fail. */
const DOUBT_MS = 5_000

export interface SenderOptions {
  readonly sdk: Sdk
  readonly customers: Customers
  readonly clock: () => number
  /** Hears of uses that Autumn recorded and charged to nobody. */
  readonly report: (error: Error) => void
}

/** Tries once to tell Autumn what was recorded. */
export function deliverySender({ sdk, customers, clock, report }: SenderOptions) {
  const firstUnanswered = new Map<string, number>()

  const settle = (delivery: Delivery, fault: Fault): DeliveryOutcome => {
    const outcome = outcomeOf(delivery, fault, clock(), firstUnanswered.get(delivery.key) ?? null)
    if (fault.kind === 'unanswered' && !firstUnanswered.has(delivery.key)) firstUnanswered.set(delivery.key, clock())
    return outcome
  }

  return async (delivery: Delivery, isTakenOver: boolean): Promise<DeliveryOutcome> => {
    // A process that died may have sent it just before.
    if (isTakenOver && !firstUnanswered.has(delivery.key)) firstUnanswered.set(delivery.key, clock())
    const answer = await sent(delivery)
    const outcome: DeliveryOutcome = answer.ok ? { kind: 'delivered' } : settle(delivery, answer.fault)
    if (outcome.kind !== 'failed') firstUnanswered.delete(delivery.key)
    return outcome
  }

  async function sent(delivery: Delivery): Promise<Answer<unknown>> {
    const options = { idempotencyKey: delivery.key }
    if (delivery.action === 'track') {
      const { customerId, entityId, featureId, units, overage, procedure } = delivery
      const caller = { customerId, entityId }
      const params = {
        customerId,
        featureId,
        value: units,
        overageBehavior: overage,
        ...(entityId !== null && { entityId }),
        ...(procedure !== null && { properties: { procedure } }),
      }
      const answer = await customers.withCustomer(caller, () => sdk((autumn, request) => autumn.track(params, request), options))
      if (answer.ok && isUncharged(delivery, answer.value)) {
        report(
          new Error(`Autumn has recorded ${units} of '${featureId}' for customer '${customerId}', and no balance of theirs pays for it`),
        )
      }
      return answer
    }
    const { lockId, action } = delivery
    // Without an override where all was used: an override is a correction to Autumn, with an event of its own.
    const override = action === 'confirm' && delivery.units !== delivery.held ? { overrideValue: delivery.units } : {}
    return sdk((autumn, request) => autumn.balances.finalize({ lockId, action, ...override }, request), options)
  }
}

/** A use is taken with status 200 even when nobody pays: the deductions tell. */
function isUncharged({ units, overage }: TrackDelivery, { deductions, balance }: TrackResponse): boolean {
  return overage === 'overflow' && units > 0 && deductions?.length === 0 && balance?.unlimited !== true
}

function outcomeOf(delivery: Delivery, fault: Fault, now: number, unansweredAt: number | null): DeliveryOutcome {
  switch (fault.kind) {
    case 'unanswered':
      return { kind: 'failed', error: fault.error.message, afterMs: null }
    case 'unavailable':
      return { kind: 'failed', error: fault.error.message, afterMs: fault.retryAfterMs }
    case 'unreadable':
      return { kind: 'delivered' }
    case 'mistake':
      return { kind: 'refused', error: fault.error.message }
    case 'refused':
      return refusedOutcome(delivery, fault, now, unansweredAt)
  }
}

type Refusal = Extract<Fault, { readonly kind: 'refused' }>

function refusedOutcome(
  delivery: Delivery,
  { status, code, message, error }: Refusal,
  now: number,
  unansweredAt: number | null,
): DeliveryOutcome {
  if (code === 'duplicate_idempotency_key') {
    const doubtful = unansweredAt !== null && now < unansweredAt + DOUBT_MS
    return doubtful ? { kind: 'failed', error: 'an earlier try may still be running', afterMs: DOUBT_MS } : { kind: 'delivered' }
  }
  // Somebody is ending this lock right now: we are, with a try that got no answer.
  if (status === 409) return { kind: 'failed', error: message, afterMs: DOUBT_MS }
  // A key that was changed and not yet told to this process must not cost the usage.
  if (status === 401 || status === 403 || status === 408) return { kind: 'failed', error: error.message, afterMs: null }
  if (delivery.action !== 'track' && /lock not found/i.test(message)) return lockEnded(delivery, now)
  return { kind: 'refused', error: `${status} ${code}: ${message}` }
}

function lockEnded(delivery: Exclude<Delivery, TrackDelivery>, now: number): DeliveryOutcome {
  if (delivery.action === 'release') return { kind: 'delivered' }
  if (now > delivery.at + KEY_MEMORY_MS) {
    const error =
      'the lock is gone, and it is too late to tell whether it was confirmed or ran out: look at the customer, then retry or discard'
    return { kind: 'refused', error }
  }
  return { kind: 'instead', delivery: trackInstead(delivery) }
}

/** The lock ran out and its units went back, and the work was done: it is recorded without the lock, whatever is left. */
function trackInstead({ key, customerId, entityId, featureId, operationId, procedure, at, units }: ConfirmDelivery): TrackDelivery {
  return { action: 'track', key: `${key}:late`, customerId, entityId, featureId, operationId, procedure, at, units, overage: 'overflow' }
}
