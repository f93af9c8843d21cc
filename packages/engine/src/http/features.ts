import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import { type Catalog, type CatalogFeature, createCatalog } from '../core/catalog.ts'
import { ApiError, featureNotFound, invalidInputs, invalidRequest, notOffered } from './apiError.ts'
import type { Call } from './call.ts'
import { catalogId, reference, text, units } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { renderFeature } from './wire/feature.ts'

const schemaItem = z.object({
  metered_feature_id: reference,
  credit_cost: units.min(0).optional(),
  billing_units: z.number().optional(),
  tiers: z.unknown().optional(),
  dimensions: z.unknown().optional(),
  multipliers: z.unknown().optional(),
})

const terms = z.object({
  name: text.min(1),
  consumable: z.boolean().optional(),
  event_names: z.array(reference).max(100).optional(),
  credit_schema: z.array(schemaItem).max(1_000).optional(),
  display: z.object({ singular: text, plural: text }).nullish(),
  archived: z.boolean().optional(),
})

/** Newer clients name the feature by `feature_id`, 1.x by `id`; 1.x also tells metered features apart by type. */
const createInput = terms.extend({
  feature_id: catalogId.optional(),
  id: catalogId.optional(),
  type: z.enum(['boolean', 'static', 'metered', 'single_use', 'continuous_use', 'credit_system', 'ai_credit_system']),
})
const updateInput = terms
  .partial()
  .extend({ feature_id: reference, type: createInput.shape.type.optional(), new_feature_id: reference.optional() })
const namedInput = z.object({ feature_id: reference })

type SchemaItem = z.output<typeof schemaItem>

/** `features.create`. */
export async function createFeature(call: Call): Promise<Reply> {
  const { feature_id, id = feature_id, type, ...given } = parseInput(createInput, call.body)
  if (id === undefined) throw invalidInputs('feature_id: must be a string (received undefined)')
  const feature: CatalogFeature = {
    id,
    name: given.name,
    ...kindOf(type, given.consumable),
    eventNames: given.event_names ?? [],
    costs: costsOf(given.credit_schema ?? []),
    display: given.display ?? null,
    archived: given.archived ?? false,
  }
  await call.engine.changeCatalog((catalog) => {
    if (catalog.features.has(id)) throw new ApiError(409, 'duplicate_feature_id', `Feature ${id} already exists`)
    return createCatalog(catalog.version + 1, [...catalog.features.values(), feature], catalog.plans.values())
  })
  return ok(renderFeature(feature, call.version))
}

export function getFeature(call: Call): Reply {
  return ok(renderFeature(namedFeature(call), call.version))
}

export function listFeatures(call: Call): Reply {
  return ok({ list: [...call.engine.catalog.features.values()].map((feature) => renderFeature(feature, call.version)) })
}

/** `features.update`. What a feature is cannot change while anything is counted in it: make another one. */
export async function updateFeature(call: Call): Promise<Reply> {
  const { feature_id: id, type, new_feature_id, ...given } = parseInput(updateInput, call.body)
  if (new_feature_id !== undefined && new_feature_id !== id)
    throw notOffered("new_feature_id: a feature's id cannot change, because ledgers are kept under it")
  const catalog = await call.engine.changeCatalog((before) => {
    const feature = before.features.get(id)
    if (!feature) throw featureNotFound(id)
    if (type !== undefined) {
      const kind = kindOf(type, given.consumable ?? feature.consumable)
      if (kind.type !== feature.type || kind.consumable !== feature.consumable)
        throw invalidRequest(`Feature ${id} is of another type: create another feature`)
    } else if (given.consumable !== undefined && given.consumable !== feature.consumable) {
      throw invalidRequest(`Feature ${id} is of another type: create another feature`)
    }
    const changed: CatalogFeature = {
      ...feature,
      name: given.name ?? feature.name,
      eventNames: given.event_names ?? feature.eventNames,
      costs: given.credit_schema ? costsOf(given.credit_schema) : feature.costs,
      display: given.display === undefined ? feature.display : given.display,
      archived: given.archived ?? feature.archived,
    }
    return createCatalog(before.version + 1, new Map(before.features).set(id, changed).values(), before.plans.values())
  })
  return ok(renderFeature(featureIn(catalog, id), call.version))
}

/** `features.delete`, for a feature that no plan and no credit system names. */
export async function deleteFeature(call: Call): Promise<Reply> {
  const { id } = namedFeature(call)
  await call.engine.changeCatalog((catalog) => {
    featureIn(catalog, id)
    const user = userOf(catalog, id)
    if (user !== null) throw invalidRequest(`Feature ${id} is used by ${user}: take it out there first, or archive the feature`)
    return createCatalog(
      catalog.version + 1,
      [...catalog.features.values()].filter((feature) => feature.id !== id),
      catalog.plans.values(),
    )
  })
  return ok({ success: true })
}

function namedFeature(call: Call): CatalogFeature {
  const id = call.param('feature_id') ?? parseInput(namedInput, call.body).feature_id
  return featureIn(call.engine.catalog, id)
}

function featureIn(catalog: Catalog, id: string): CatalogFeature {
  const feature = catalog.features.get(id)
  if (!feature) throw featureNotFound(id)
  return feature
}

function userOf(catalog: Catalog, id: string): string | null {
  const plan = [...catalog.plans.values()].find((each) => each.items.some((item) => item.featureId === id || item.perEntity === id))
  if (plan) return `plan ${plan.id}`
  const pool = catalog.poolsByFeature.get(id)?.[0]
  return pool ? `credit system ${pool.poolId}` : null
}

function kindOf(type: z.output<typeof createInput>['type'], consumable = true): Pick<CatalogFeature, 'type' | 'consumable'> {
  switch (type) {
    case 'boolean':
    case 'static':
      return { type: 'boolean', consumable: false }
    case 'credit_system':
      return { type: 'credit_system', consumable: true }
    case 'metered':
      return { type: 'metered', consumable }
    case 'single_use':
      return { type: 'metered', consumable: true }
    case 'continuous_use':
      return { type: 'metered', consumable: false }
    case 'ai_credit_system':
      throw notOffered('type: AI credit systems price tokens by model, which this server does not: use a credit system')
  }
}

function costsOf(items: readonly SchemaItem[]): CatalogFeature['costs'] {
  return items.map(({ metered_feature_id, credit_cost, billing_units = 1, tiers, dimensions, multipliers }, index) => {
    if (tiers !== undefined || dimensions !== undefined || multipliers !== undefined || billing_units !== 1) {
      throw notOffered(`credit_schema.${index}: only a flat credit_cost per unit is offered`)
    }
    if (credit_cost === undefined) throw invalidInputs(`credit_schema.${index}.credit_cost: must be a number (received undefined)`)
    return { featureId: metered_feature_id, cost: roundedAmountOf(credit_cost) }
  })
}
