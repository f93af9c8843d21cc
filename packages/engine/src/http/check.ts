import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Payment } from '../core/hold.ts'
import { customerNotFound, featureNotFound, invalidRequest, planNotFound, refusalError } from './apiError.ts'
import { admitEntity, seedOf } from './arrival.ts'
import { type Call, nowOf, run, viewOf } from './call.ts'
import { endOfTurn } from './endOfTurn.ts'
import { customerData, entityData, properties, reference, units } from './fields.ts'
import { parseInput } from './input.ts'
import { lockInput, lockRequest } from './lock.ts'
import { ok, type Reply } from './reply.ts'
import { shownPool, touchedPool } from './shownPool.ts'
import { renderCheck } from './wire/check.ts'
import { renderPreview } from './wire/preview.ts'

const input = z
  .object({
    customer_id: reference,
    feature_id: reference.optional(),
    product_id: reference.optional(),
    entity_id: reference.nullish(),
    required_balance: units.optional(),
    required_quantity: units.optional(),
    properties: properties.nullish(),
    send_event: z.boolean().optional(),
    lock: lockInput.optional(),
    with_preview: z.boolean().optional(),
    customer_data: customerData.nullish(),
    entity_data: entityData.nullish(),
  })
  .refine((body) => Boolean(body.feature_id) !== Boolean(body.product_id), 'Must provide either product_id or feature_id')

type Asked = z.output<typeof input> & { readonly feature_id: string }

/** `balances.check`: may units be spent? With `send_event` or a `lock` they are, in the same step. */
export async function check(call: Call): Promise<Reply> {
  const body = parseInput(input, call.body)
  const { feature_id } = body
  if (!feature_id) return checkProduct(call, body)
  const feature = call.engine.catalog.features.get(feature_id)
  if (!feature) throw featureNotFound(feature_id)
  const spends = body.send_event === true || body.lock !== undefined
  if (spends && call.caller === 'publishable') throw invalidRequest('send_event and lock need a secret key')
  if (spends && feature.type === 'boolean') {
    throw invalidRequest('send_event cannot be used with boolean features, which are flags rather than usage-tracked.')
  }
  if (body.lock && !feature.consumable) throw invalidRequest('Lock is not supported for allocated features')
  await admitEntity(call, body)
  return spends ? checkAndSpend(call, { ...body, feature_id }) : checkOnly(call, { ...body, feature_id })
}

async function checkOnly(call: Call, asked: Asked): Promise<Reply> {
  const { customer_id, feature_id, entity_id, properties: given } = asked
  const question = {
    items: [{ featureId: feature_id, units: roundedAmountOf(requiredBy(asked)) }],
    entityId: entity_id ?? null,
    properties: given ?? null,
  }
  await endOfTurn()
  let answer = await call.engine.check(customer_id, question)
  const create = seedOf(call, asked)
  if (!answer.ok && answer.code === 'customer_not_found' && create !== undefined) {
    await call.engine.execute(customer_id, { kind: 'touch' }, { create })
    answer = await call.engine.check(customer_id, question)
  }
  if (!answer.ok) throw refusalError(answer, call.version)
  return replyTo(call, asked, answer.customer, { allowed: answer.allowed, payments: null })
}

async function checkAndSpend(call: Call, asked: Asked): Promise<Reply> {
  const { customer_id, feature_id, entity_id, properties: given, lock } = asked
  const wish = {
    entityId: entity_id ?? null,
    featureId: feature_id,
    units: roundedAmountOf(requiredBy(asked)),
    overage: 'reject',
    properties: given ?? null,
  } as const
  const about = {
    customerId: customer_id,
    create: seedOf(call, asked),
    refused: (refusal: { readonly code: string; readonly customer: CustomerState | null }): Reply | null =>
      refusal.code === 'short' && refusal.customer ? replyTo(call, asked, refusal.customer, { allowed: false, payments: [] }) : null,
  }
  if (lock) {
    const { command, operation } = lockRequest(call, lock, wish)
    return run(call, {
      ...about,
      command,
      operation,
      reply: ({ customer, hold }) =>
        replyTo(call, asked, customer, { allowed: true, payments: hold.items.flatMap((item) => item.payments) }),
    })
  }
  const { entityId, featureId, units: amount, overage, properties: facts } = wish
  return run(call, {
    ...about,
    command: {
      kind: 'track',
      items: [{ featureId, units: amount }],
      entityId,
      overage,
      eventName: null,
      properties: facts,
      timestamp: null,
    },
    reply: ({ customer, uses }) => replyTo(call, asked, customer, { allowed: true, payments: uses.flatMap((use) => use.payments) }),
  })
}

interface Outcome {
  readonly allowed: boolean
  /** Who paid; null for a check that spends nothing. */
  readonly payments: readonly Payment[] | null
}

function replyTo(call: Call, asked: Asked, customer: CustomerState, { allowed, payments }: Outcome): Reply {
  const { feature_id: featureId, with_preview } = asked
  const view = viewOf(call, customer, asked.entity_id ?? null)
  const required = requiredBy(asked)
  const question = { featureId, units: roundedAmountOf(required), scope: view.scope, now: nowOf(call, customer) }
  const poolId = touchedPool(featureId, payments ?? []) ?? shownPool(view.catalog, customer, question)
  const preview = with_preview && !allowed ? renderPreview(view, featureId) : null
  return ok(renderCheck(view, { featureId, poolId, required, allowed, showsPools: payments !== null, preview }, call.version))
}

function requiredBy({ required_balance, required_quantity }: Asked): number {
  return required_balance ?? required_quantity ?? 1
}

/** The older question by plan: does the customer hold it? */
async function checkProduct(call: Call, body: z.output<typeof input>): Promise<Reply> {
  const { customer_id, product_id = '', entity_id = null } = body
  if (!call.engine.catalog.plans.has(product_id)) throw planNotFound(product_id)
  const create = seedOf(call, body)
  if (create !== undefined) await call.engine.execute(customer_id, { kind: 'touch' }, { create })
  const customer = await call.engine.customer(customer_id)
  if (customer === null) throw customerNotFound(customer_id)
  const held = customer.subscriptions.find((each) => each.planId === product_id && (each.entityId === null || each.entityId === entity_id))
  const isTrialing = held?.trialEndsAt != null && held.trialEndsAt > nowOf(call, customer)
  return ok({
    customer_id,
    code: 'product_found',
    product_id,
    ...(entity_id === null ? {} : { entity_id }),
    allowed: held !== undefined,
    ...(held ? { status: isTrialing ? 'trialing' : 'active' } : {}),
  })
}
