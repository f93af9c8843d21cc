import { z } from 'zod'
import type { CatalogFeature, CatalogPlan } from '../core/catalog.ts'
import { amount, controls, count, freeForm, id, instant, interval, planItem, type Written } from './recordSchema.ts'

const feature: z.ZodType<Written<CatalogFeature>> = z.strictObject({
  id,
  name: z.string(),
  type: z.enum(['boolean', 'metered', 'credit_system']),
  consumable: z.boolean(),
  eventNames: z.array(z.string()),
  costs: z.array(z.strictObject({ featureId: id, cost: amount })),
  display: z.strictObject({ singular: z.string(), plural: z.string() }).nullable(),
  archived: z.boolean(),
})

const plan: z.ZodType<Written<CatalogPlan>> = z.strictObject({
  id,
  name: z.string(),
  description: z.string().nullable(),
  group: z.string(),
  version: count,
  addOn: z.boolean(),
  autoEnable: z.boolean(),
  price: z.strictObject({ amount: z.number(), interval: interval.nullable() }).nullable(),
  trial: z.strictObject({ length: z.number(), unit: z.enum(['day', 'month', 'year']), cardRequired: z.boolean() }).nullable(),
  items: z.array(planItem),
  controls,
  metadata: freeForm,
  archived: z.boolean(),
  createdAt: instant,
})

/** A catalog as `encodeCatalog` writes it. */
export const catalog = z.strictObject({ version: count, features: z.array(feature), plans: z.array(plan) })
