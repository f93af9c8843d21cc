import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import type { Refusal } from '../core/command.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Payment } from '../core/hold.ts'
import { ApiError, featureNotFound, invalidInputs, invalidRequest } from './apiError.ts'
import { V1_2 } from './apiVersion.ts'
import { admitEntity, seedOf } from './arrival.ts'
import { type Call, nowOf, run, viewOf } from './call.ts'
import { customerData, entityData, instant, properties, reference, text, units } from './fields.ts'
import { parseInput } from './input.ts'
import { lockInput, lockRequest } from './lock.ts'
import { ok, type Reply } from './reply.ts'
import { shownPool, touchedPool } from './shownPool.ts'
import { renderTrack } from './wire/track.ts'

const input = z
  .object({
    customer_id: reference,
    feature_id: reference.optional(),
    event_name: reference.optional(),
    value: units.optional(),
    entity_id: reference.nullish(),
    properties: properties.nullish(),
    timestamp: instant.min(1).optional(),
    overage_behavior: z.enum(['cap', 'overflow', 'reject']).default('cap'),
    idempotency_key: text.min(1).optional(),
    async: z.boolean().optional(),
    lock: lockInput.optional(),
    customer_data: customerData.nullish(),
    entity_data: entityData.nullish(),
  })
  .refine((body) => Boolean(body.feature_id) !== Boolean(body.event_name), 'Either feature_id or event_name must be provided')

const batchInput = z.array(input).min(1).max(1_000)

type Tracked = z.output<typeof input>

/** `balances.track`: records a use and spends it, as far as its overage behaviour allows. */
export async function track(call: Call): Promise<Reply> {
  const body = parseInput(input, call.body)
  if (body.idempotency_key !== undefined) await call.keys.take(`track:${body.idempotency_key}`)
  return trackOne(call, body, (reply) => (body.async ? acceptance(call, body) : reply))
}

/** `balances.batch_track`: many uses in one request, each by itself. Checked as a whole; a use that fails afterwards stops no other. */
export async function batchTrack(call: Call): Promise<Reply> {
  const uses = parseInput(batchInput, call.body)
  const reply = { status: 202, body: { success: true } } as const
  const results: PromiseSettledResult<Reply>[] = []
  // A request with a key uses it up together with its first use that succeeds; only then may the others run at once.
  while (call.keys.pending && results.length < uses.length) {
    results.push(
      ...(await Promise.allSettled(uses.slice(results.length, results.length + 1).map((use) => trackOne(call, use, () => reply)))),
    )
  }
  results.push(...(await Promise.allSettled(uses.slice(results.length).map((use) => trackOne(call, use, () => reply)))))
  const failures = results.flatMap((result): readonly unknown[] => (result.status === 'rejected' ? [result.reason] : []))
  const outage = failures.find((failure) => !(failure instanceof ApiError))
  if (outage !== undefined || failures.length === uses.length) throw outage ?? failures[0]
  return reply
}

async function trackOne(call: Call, body: Tracked, shape: (reply: Reply) => Reply): Promise<Reply> {
  const { customer_id, event_name, overage_behavior, lock, timestamp } = body
  const featureIds = featuresOf(call, body)
  if (event_name && overage_behavior === 'reject') {
    throw invalidRequest('overage_behavior "reject" is not supported with event_name. Use feature_id or set overage_behavior to "cap".')
  }
  if (timestamp !== undefined && timestamp > call.engine.now()) throw invalidInputs('timestamp: cannot be in the future')
  await admitEntity(call, body)
  const entityId = body.entity_id ?? null
  const facts = body.properties ?? null
  const amount = roundedAmountOf(trackedValue(call, body))
  const about = {
    customerId: customer_id,
    create: seedOf(call, body),
    refused: (refusal: Refusal) => refusedUse(call, body, featureIds, refusal, shape),
  }
  const [featureId] = featureIds
  if (lock && featureId !== undefined) {
    if (featureIds.length > 1) throw invalidRequest('A lock holds one feature: give feature_id')
    const wish = { entityId, featureId, units: amount, overage: overage_behavior, properties: facts }
    const { command, operation } = lockRequest(call, lock, wish)
    return run(call, {
      ...about,
      command,
      operation,
      reply: ({ customer, hold }) =>
        shape(
          replyTo(
            call,
            body,
            featureIds,
            customer,
            hold.items.flatMap((item) => item.payments),
          ),
        ),
    })
  }
  const items = featureIds.map((id) => ({ featureId: id, units: amount }))
  return run(call, {
    ...about,
    command: {
      kind: 'track',
      items,
      entityId,
      overage: overage_behavior,
      eventName: event_name ?? null,
      properties: facts,
      timestamp: timestamp ?? null,
    },
    reply: ({ customer, uses }) =>
      shape(
        replyTo(
          call,
          body,
          featureIds,
          customer,
          uses.flatMap((use) => use.payments),
        ),
      ),
  })
}

/** What a use that is not paid for answers: under `reject` it fails; a lock without anything to hold answers like a use that took nothing. */
function refusedUse(
  call: Call,
  body: Tracked,
  featureIds: readonly string[],
  refusal: Refusal,
  shape: (reply: Reply) => Reply,
): Reply | null {
  if (refusal.code !== 'short' || refusal.customer === null) return null
  if (body.overage_behavior !== 'reject') return shape(replyTo(call, body, featureIds, refusal.customer, []))
  const featureId = refusal.shortages[0]?.featureId ?? ''
  const message = `Insufficient balance to deduct ${trackedValue(call, body)} from feature ${featureId}`
  throw new ApiError(400, 'insufficient_balance', message)
}

/** The answer to a client that asked not to wait. The use is recorded all the same. */
function acceptance(call: Call, body: Tracked): Reply {
  const { customer_id, entity_id, event_name } = body
  const named = { ...(entity_id ? { entity_id } : {}), ...(event_name ? { event_name } : {}) }
  return { status: 202, body: { customer_id, ...named, value: trackedValue(call, body), balance: null } }
}

function replyTo(call: Call, body: Tracked, featureIds: readonly string[], customer: CustomerState, payments: readonly Payment[]): Reply {
  const view = viewOf(call, customer, body.entity_id ?? null)
  const [featureId = ''] = featureIds
  const value = trackedValue(call, body)
  const question = { featureId, units: roundedAmountOf(value), scope: view.scope, now: nowOf(call, customer) }
  const poolId = touchedPool(featureId, payments) ?? shownPool(view.catalog, customer, question)
  return ok(renderTrack(view, { featureIds, eventName: body.event_name ?? null, value, payments, poolId }, call.version))
}

/** The feature that a use names, or all those that its event stands for. */
function featuresOf(call: Call, { feature_id, event_name }: Tracked): readonly string[] {
  const { features } = call.engine.catalog
  if (feature_id) {
    if (!features.has(feature_id)) throw featureNotFound(feature_id)
    return [feature_id]
  }
  const name = event_name ?? ''
  const listening = [...features.values()].filter((feature) => feature.eventNames.includes(name))
  if (listening.length === 0) throw new ApiError(404, 'invalid_request', `No features found for event name: ${name}`)
  return listening.map((feature) => feature.id)
}

/** Up to 1.2 the value may come among the properties. */
function trackedValue(call: Call, { value, properties: given }: Tracked): number {
  if (value !== undefined) return value
  const lifted = call.version <= V1_2 ? given?.['value'] : undefined
  return typeof lifted === 'number' && units.safeParse(lifted).success ? lifted : 1
}
