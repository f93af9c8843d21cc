import { z } from 'zod'
import { type Catalog, type CatalogPlan, createCatalog } from '../core/catalog.ts'
import type { CustomerState } from '../core/customer.ts'
import { ApiError, customerNotFound, featureNotFound, invalidInputs, notOffered, planNotFound } from './apiError.ts'
import { V2_0 } from './apiVersion.ts'
import type { Call } from './call.ts'
import { controlsInput, controlsOf, controlsWith } from './controls.ts'
import { catalogId, intervalCount, properties, reference, text } from './fields.ts'
import { parseInput } from './input.ts'
import { billingUnit, type ItemInput, itemInput, planItemOf } from './planItem.ts'
import { ok, type Reply } from './reply.ts'
import { renderPlan, sortedPlans } from './wire/plan.ts'
import { renderProduct } from './wire/product.ts'

const priceInput = z.object({ amount: z.number().min(0).max(1e12), interval: billingUnit, interval_count: intervalCount.default(1) })

const trialInput = z.object({
  duration_length: z.number().int().min(1).max(1_000),
  duration_type: z.enum(['day', 'month', 'year']).default('month'),
  card_required: z.boolean().default(false),
})

const terms = z.object({
  name: text.min(1),
  description: text.nullish(),
  group: text.max(256).nullish(),
  add_on: z.boolean().optional(),
  auto_enable: z.boolean().optional(),
  price: priceInput.nullish(),
  items: z.array(itemInput).max(1_000).optional(),
  free_trial: trialInput.nullish(),
  billing_controls: controlsInput.nullish(),
  metadata: properties.optional(),
})

const createInput = terms.extend({ plan_id: catalogId, licenses: z.array(z.unknown()).max(0, 'licenses are not offered').optional() })
const updateInput = terms.partial().extend({
  plan_id: reference,
  archived: z.boolean().optional(),
  new_plan_id: reference.optional(),
  disable_version: z.boolean().default(false),
})
const namedInput = z.object({ plan_id: reference, version: z.number().optional() })
const listInput = z.object({
  customer_id: reference.optional(),
  entity_id: reference.optional(),
  include_archived: z.boolean().default(false),
})

/** `plans.create`. */
export async function createPlan(call: Call): Promise<Reply> {
  const { plan_id: id, ...given } = parseInput(createInput, call.body)
  const created: CatalogPlan = {
    id,
    name: given.name,
    description: given.description ?? null,
    group: given.group ?? '',
    version: 1,
    addOn: given.add_on ?? false,
    autoEnable: given.auto_enable ?? false,
    price: priceOf(given.price),
    trial: trialOf(given.free_trial),
    items: [],
    controls: controlsOf(given.billing_controls),
    metadata: given.metadata ?? {},
    archived: false,
    createdAt: call.engine.now(),
  }
  const catalog = await call.engine.changeCatalog((before) => {
    if (before.plans.has(id)) throw new ApiError(400, 'product_already_exists', `Product ${id} already exists`)
    const plan = checked({ ...created, items: itemsOf(before, given.items ?? []) })
    return createCatalog(before.version + 1, before.features.values(), [...before.plans.values(), plan])
  })
  return planReply(call, catalog, id)
}

export function getPlan(call: Call): Reply {
  const inPath = call.param('plan_id')
  const { plan_id, version } = inPath === undefined ? parseInput(namedInput, call.body) : { plan_id: inPath, version: undefined }
  const plan = planIn(call.engine.catalog, plan_id)
  if (version !== undefined && version !== plan.version) throw planNotFound(`${plan_id} (version ${version})`)
  return planReply(call, call.engine.catalog, plan_id)
}

/** `plans.list`. For a customer each plan says what attaching it would be. */
export async function listPlans(call: Call): Promise<Reply> {
  const { catalog, env } = { catalog: call.engine.catalog, env: call.env }
  const { customer_id, entity_id = null, include_archived } = parseInput(listInput, call.body)
  const plans = sortedPlans(catalog.plans.values()).filter((plan) => include_archived || !plan.archived)
  if (call.version < V2_0) {
    const style = { featureNames: 'given', firstItemSaysHowOften: false } as const
    return ok({ list: plans.map((plan) => renderProduct(catalog, plan, env, style)) })
  }
  if (customer_id === undefined) return ok({ list: plans.map((plan) => renderPlan(catalog, plan, env)) })
  const customer = await call.engine.customer(customer_id)
  if (customer === null) throw customerNotFound(customer_id)
  return ok({
    list: plans.map((plan) => ({ ...renderPlan(catalog, plan, env), customer_eligibility: eligibility(customer, entity_id, plan) })),
  })
}

/** `plans.update`. Other terms make a new version, which customers get who attach the plan from then on; those who hold it keep theirs. */
export async function updatePlan(call: Call): Promise<Reply> {
  const { plan_id: id, new_plan_id, ...given } = parseInput(updateInput, call.body)
  if (new_plan_id !== undefined && new_plan_id !== id)
    throw notOffered("new_plan_id: a plan's id cannot change, because customers hold it by its id")
  const catalog = await call.engine.changeCatalog((before) => {
    const plan = planIn(before, id)
    const changesTerms = [given.price, given.items, given.free_trial, given.billing_controls].some((part) => part !== undefined)
    const updated = checked({
      ...plan,
      name: given.name ?? plan.name,
      description: given.description === undefined ? plan.description : given.description,
      group: given.group ?? plan.group,
      addOn: given.add_on ?? plan.addOn,
      autoEnable: given.auto_enable ?? plan.autoEnable,
      price: given.price === undefined ? plan.price : priceOf(given.price),
      trial: given.free_trial === undefined ? plan.trial : trialOf(given.free_trial),
      items: given.items ? itemsOf(before, given.items) : plan.items,
      controls: given.billing_controls ? controlsWith(plan.controls, given.billing_controls) : plan.controls,
      metadata: given.metadata ?? plan.metadata,
      archived: given.archived ?? plan.archived,
      version: changesTerms && !given.disable_version ? plan.version + 1 : plan.version,
    })
    return createCatalog(before.version + 1, before.features.values(), new Map(before.plans).set(id, updated).values())
  })
  return planReply(call, catalog, id)
}

/** `plans.delete`. Customers who hold the plan keep what it granted. */
export async function deletePlan(call: Call): Promise<Reply> {
  const { plan_id: id } = parseInput(namedInput, call.body)
  await call.engine.changeCatalog((before) => {
    planIn(before, id)
    return createCatalog(
      before.version + 1,
      before.features.values(),
      [...before.plans.values()].filter((plan) => plan.id !== id),
    )
  })
  return ok({ success: true })
}

function planReply(call: Call, catalog: Catalog, id: string): Reply {
  const plan = planIn(catalog, id)
  if (call.version >= V2_0) return ok(renderPlan(catalog, plan, call.env))
  return ok(renderProduct(catalog, plan, call.env, { featureNames: 'given', firstItemSaysHowOften: false }))
}

function planIn(catalog: Catalog, id: string): CatalogPlan {
  const plan = catalog.plans.get(id)
  if (!plan) throw planNotFound(id)
  return plan
}

function itemsOf(catalog: Catalog, inputs: readonly ItemInput[]): CatalogPlan['items'] {
  return inputs.map((input) => {
    const feature = catalog.features.get(input.feature_id)
    if (!feature) throw featureNotFound(input.feature_id)
    const owner = input.entity_feature_id
    if (owner != null && !catalog.features.has(owner)) throw featureNotFound(owner)
    return planItemOf(feature, input)
  })
}

function checked(plan: CatalogPlan): CatalogPlan {
  if (plan.autoEnable && plan.price !== null) throw invalidInputs('auto_enable: a plan with a price cannot enable itself')
  return plan
}

function priceOf(price: z.output<typeof priceInput> | null | undefined): CatalogPlan['price'] {
  if (price == null) return null
  return { amount: price.amount, interval: price.interval === 'one_off' ? null : { unit: price.interval, count: price.interval_count } }
}

function trialOf(trial: z.output<typeof trialInput> | null | undefined): CatalogPlan['trial'] {
  return trial ? { length: trial.duration_length, unit: trial.duration_type, cardRequired: trial.card_required } : null
}

function eligibility(customer: CustomerState, entityId: string | null, plan: CatalogPlan): object {
  const held = customer.subscriptions.filter((each) => each.entityId === entityId)
  const own = held.find((each) => each.planId === plan.id)
  const current = held.find((each) => !each.addOn && each.group === plan.group)
  return {
    trial_available: plan.trial !== null && !customer.trialsUsed.includes(plan.id),
    ...(own ? { status: 'active', canceling: own.canceledAt !== null, trialing: own.trialEndsAt !== null } : {}),
    attach_action: attachAction(plan, own !== undefined, current?.paid),
  }
}

function attachAction(plan: CatalogPlan, isHeld: boolean, currentIsPaid: boolean | undefined): string {
  if (isHeld && !plan.addOn) return 'none'
  if (plan.addOn || plan.price?.interval === null) return 'purchase'
  if (currentIsPaid === undefined) return 'activate'
  return plan.price === null && currentIsPaid ? 'downgrade' : 'upgrade'
}
