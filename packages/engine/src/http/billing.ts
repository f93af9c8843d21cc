import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import type { CatalogPlan } from '../core/catalog.ts'
import type { Attach } from '../core/command.ts'
import type { CustomerState, Subscription } from '../core/customer.ts'
import { customerNotFound, entityNotFound, invalidInputs, notOffered, planNotFound } from './apiError.ts'
import { admitEntity, seedOf } from './arrival.ts'
import { type Call, run } from './call.ts'
import { customerData, entityData, reference, units } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { renderPlan } from './wire/plan.ts'

const trialInput = z.object({
  duration_length: z.number().int().min(1).max(1_000),
  duration_type: z.enum(['day', 'month', 'year']).default('month'),
})
const quantities = z.array(z.object({ feature_id: reference, quantity: units.min(0).optional() })).max(1_000)
const carryOver = z.object({ enabled: z.boolean() }).optional()

const customize = z.object({
  free_trial: trialInput.nullish(),
  price: z.unknown().optional(),
  items: z.unknown().optional(),
  add_items: z.unknown().optional(),
  remove_items: z.unknown().optional(),
  billing_controls: z.unknown().optional(),
})

const attachInput = z.object({
  customer_id: reference,
  plan_id: reference,
  entity_id: reference.nullish(),
  feature_quantities: quantities.default([]),
  version: z.number().optional(),
  free_trial: trialInput.nullish(),
  customize: customize.nullish(),
  plan_schedule: z.enum(['immediate', 'end_of_cycle']).optional(),
  starts_at: z.number().optional(),
  ends_at: z.number().optional(),
  carry_over_balances: carryOver,
  carry_over_usages: carryOver,
  remove_plan_ids: z.array(reference).max(100).optional(),
})

const olderAttachInput = z.object({
  customer_id: reference,
  product_id: reference.optional(),
  product_ids: z.array(reference).min(1).max(10).optional(),
  entity_id: reference.nullish(),
  options: quantities.default([]),
  free_trial: z.union([z.boolean(), trialInput]).optional(),
  customer_data: customerData.nullish(),
  entity_data: entityData.nullish(),
})

const updateInput = z.object({
  customer_id: reference,
  plan_id: reference.optional(),
  entity_id: reference.nullish(),
  cancel_action: z.enum(['cancel_immediately', 'cancel_end_of_cycle', 'uncancel']).optional(),
  feature_quantities: quantities.optional(),
  version: z.number().optional(),
  customize: customize.nullish(),
})

const cancelInput = z.object({
  customer_id: reference,
  product_id: reference,
  entity_id: reference.nullish(),
  cancel_immediately: z.boolean().default(false),
})

type AttachInput = z.output<typeof attachInput>

/** `billing.attach`: gives the plan at once. Nothing is charged: what concerns payment is accepted and has no effect. */
export function attach(call: Call): Promise<Reply> {
  const body = parseInput(attachInput, call.body)
  refuseSpecialTerms(call, body)
  return run(call, { customerId: body.customer_id, command: attachCommand(body), reply: () => ok(noPayment(body)) })
}

/** `billing.preview_attach`: what attaching would change, and what the plan says it costs. */
export async function previewAttach(call: Call): Promise<Reply> {
  const body = parseInput(attachInput, call.body)
  refuseSpecialTerms(call, body)
  const { customer_id, plan_id, entity_id = null } = body
  const plan = planOf(call, plan_id)
  const customer = await customerOf(call, customer_id, entity_id)
  const replaced = plan.addOn
    ? undefined
    : customer.subscriptions.find((each) => !each.addOn && each.group === plan.group && each.entityId === entity_id)
  const total = plan.price?.amount ?? 0
  const line = { display_name: plan.name, description: plan.name, subtotal: total, total, plan_id, feature_id: null, quantity: 1 }
  return ok({
    customer_id,
    line_items: plan.price ? [line] : [],
    subtotal: total,
    total,
    currency: 'usd',
    incoming: [{ ...planChange(plan_id), plan: renderPlan(call.engine.catalog, plan, call.env), feature_quantities: quantitiesOf(body) }],
    outgoing: replaced ? [planChange(replaced.planId)] : [],
    redirect_to_checkout: false,
    checkout_type: null,
  })
}

/** `billing.update`: cancels a plan, now or at the end of what is paid for, or takes that back. */
export async function updateSubscription(call: Call): Promise<Reply> {
  const body = parseInput(updateInput, call.body)
  const { customer_id, entity_id = null, cancel_action } = body
  if (body.feature_quantities !== undefined || body.version !== undefined || body.customize != null) {
    throw notOffered('billing.update changes nothing but cancel_action: attach the plan anew for other terms')
  }
  const customer = await customerOf(call, customer_id, entity_id)
  const planId = body.plan_id ?? onlyPlan(customer, entity_id)
  const reply = (): Reply => ok(noPayment(body))
  if (cancel_action === undefined) return reply()
  const when = { cancel_immediately: 'now', cancel_end_of_cycle: 'period_end', uncancel: 'uncancel' } as const
  const command = { kind: 'cancel', planId, entityId: entity_id, when: when[cancel_action] } as const
  return run(call, { customerId: customer_id, command, reply })
}

/** The 1.x form of attach, which may name several plans. */
export async function attachProducts(call: Call): Promise<Reply> {
  const body = parseInput(olderAttachInput, call.body)
  const { customer_id, product_id, entity_id, options, free_trial } = body
  const planIds = body.product_ids ?? (product_id === undefined ? [] : [product_id])
  if (planIds.length === 0) throw invalidInputs('input: Either product_id or product_ids must be provided')
  const plans = planIds.map((id) => planOf(call, id))
  await admitEntity(call, body)
  const trial = free_trial === false ? null : free_trial === true ? undefined : free_trial
  let reply: Reply | null = null
  for (const plan of plans) {
    const terms = { customer_id, plan_id: plan.id, entity_id, feature_quantities: options, free_trial: trial }
    reply = await run(call, {
      customerId: customer_id,
      create: seedOf(call, body),
      command: attachCommand(terms),
      reply: ({ customer }) => ok(attachedProducts(customer, plans)),
    })
  }
  return reply ?? ok({ success: true })
}

/** The 1.x form of cancelling. */
export function cancelProduct(call: Call): Promise<Reply> {
  const { customer_id, product_id, entity_id = null, cancel_immediately } = parseInput(cancelInput, call.body)
  const command = { kind: 'cancel', planId: product_id, entityId: entity_id, when: cancel_immediately ? 'now' : 'period_end' } as const
  return run(call, { customerId: customer_id, command, reply: () => ok({ success: true, customer_id, product_id }) })
}

function attachCommand(body: Pick<AttachInput, 'plan_id' | 'entity_id' | 'feature_quantities' | 'free_trial' | 'customize'>): Attach {
  return {
    kind: 'attach',
    planId: body.plan_id,
    entityId: body.entity_id ?? null,
    quantities: body.feature_quantities.map(({ feature_id, quantity }) => ({
      featureId: feature_id,
      units: roundedAmountOf(quantity ?? 0),
    })),
    trial: trialOf(body.customize?.free_trial === undefined ? body.free_trial : body.customize.free_trial),
  }
}

function trialOf(trial: AttachInput['free_trial']): Attach['trial'] {
  if (trial === undefined) return 'once'
  return trial === null ? 'none' : { length: trial.duration_length, unit: trial.duration_type }
}

/** Terms that would change what the customer gets, and that cannot be kept to, are refused rather than dropped. */
function refuseSpecialTerms(call: Call, body: AttachInput): void {
  const { customize: custom, version } = body
  const special = [
    custom && (['price', 'items', 'add_items', 'remove_items', 'billing_controls'] as const).some((name) => custom[name] != null)
      ? 'customize'
      : null,
    body.plan_schedule === 'end_of_cycle' ? 'plan_schedule' : null,
    body.starts_at !== undefined ? 'starts_at' : null,
    body.ends_at !== undefined ? 'ends_at' : null,
    body.carry_over_balances?.enabled ? 'carry_over_balances' : null,
    body.carry_over_usages?.enabled ? 'carry_over_usages' : null,
    body.remove_plan_ids?.length ? 'remove_plan_ids' : null,
  ].filter((name) => name !== null)
  if (special.length > 0) throw notOffered(`${special.join(', ')}: a plan is attached at once and as it is declared`)
  if (version !== undefined && version !== planOf(call, body.plan_id).version) throw planNotFound(`${body.plan_id} (version ${version})`)
}

function planOf(call: Call, id: string): CatalogPlan {
  const plan = call.engine.catalog.plans.get(id)
  if (!plan) throw planNotFound(id)
  return plan
}

async function customerOf(call: Call, id: string, entityId: string | null): Promise<CustomerState> {
  const customer = await call.engine.customer(id)
  if (customer === null) throw customerNotFound(id)
  if (entityId !== null && !customer.entities.some((entity) => entity.id === entityId)) throw entityNotFound(entityId)
  return customer
}

function onlyPlan(customer: CustomerState, entityId: string | null): string {
  const [first, second]: readonly Subscription[] = customer.subscriptions.filter((each) => each.entityId === entityId)
  if (!first || second) throw invalidInputs('plan_id: must be given unless the customer holds exactly one plan')
  return first.planId
}

function noPayment({ customer_id, entity_id }: { readonly customer_id: string; readonly entity_id?: string | null | undefined }): object {
  return { customer_id, ...(entity_id ? { entity_id } : {}), payment_url: null }
}

function planChange(planId: string): object {
  return { plan_id: planId, feature_quantities: [], effective_at: null, canceled_at: null, expires_at: null }
}

function quantitiesOf(body: AttachInput): readonly object[] {
  return body.feature_quantities.map(({ feature_id, quantity = 0 }) => ({ feature_id, quantity }))
}

function attachedProducts(customer: CustomerState, plans: readonly CatalogPlan[]): object {
  const names = plans.map((plan) => plan.name).join(', ')
  const isFree = plans.every((plan) => plan.price === null)
  return {
    success: true,
    customer_id: customer.id,
    product_ids: plans.map((plan) => plan.id),
    code: isFree ? 'free_product_attached' : 'new_product_attached',
    message: `Successfully inserted ${isFree ? 'free product' : 'product'} ${names} to ${customer.name ?? customer.id}`,
  }
}
