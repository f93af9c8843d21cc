import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import type { CatalogFeature, PlanItem } from '../core/catalog.ts'
import { invalidInputs, notOffered } from './apiError.ts'
import { grantedUnits, intervalCount, intervalUnit, properties, reference, units } from './fields.ts'
import { rolloverInput, rolloverRule } from './rollover.ts'

/** Intervals that something can be billed at. */
export const billingUnit = z.enum(['one_off', 'week', 'month', 'quarter', 'semi_annual', 'year'])

const money = z.number().min(0).max(1e12)

const priceInput = z.object({
  amount: money.optional(),
  tiers: z
    .array(z.object({ to: z.union([z.number(), z.string().max(10)]), amount: money.optional(), flat_amount: money.optional() }))
    .max(100)
    .optional(),
  tier_behavior: z.enum(['graduated', 'volume']).optional(),
  interval: billingUnit,
  interval_count: intervalCount.default(1),
  billing_units: units.default(1).refine((value) => value > 0, 'must be above 0'),
  billing_method: z.enum(['prepaid', 'usage_based']),
  max_purchase: units.min(0).nullish(),
})

export const itemInput = z.object({
  feature_id: reference,
  included: grantedUnits.optional(),
  unlimited: z.boolean().default(false),
  pooled: z.boolean().default(false),
  reset: z.object({ interval: z.enum(['one_off', ...intervalUnit.options]), interval_count: intervalCount.default(1) }).nullish(),
  price: priceInput.nullish(),
  rollover: rolloverInput.nullish(),
  proration: properties.nullish(),
  entity_feature_id: reference.nullish(),
  expiry: z.unknown().optional(),
  feature_override: z.unknown().optional(),
  threshold_billing: z.unknown().optional(),
})

export type ItemInput = z.output<typeof itemInput>

/** The item that a request describes, once it fits its feature. */
export function planItemOf(feature: CatalogFeature, input: ItemInput): PlanItem {
  if (input.expiry != null || input.feature_override != null) throw notOffered('items: expiry and feature_override are not offered')
  const { price, rollover } = input
  const kind = feature.type === 'boolean' ? 'granted' : input.unlimited ? 'unlimited' : 'included'
  if (kind !== 'included' && price) throw invalidInputs(`items: ${feature.id} has no number of units, so it cannot have a price`)
  return {
    id: `ent_${randomBytes(15).toString('hex')}`,
    featureId: feature.id,
    kind,
    included: kind === 'included' ? roundedAmountOf(input.included ?? 0) : 0n,
    interval: kind === 'included' && feature.consumable ? intervalOf(input.reset) : null,
    perEntity: input.entity_feature_id ?? null,
    pooled: input.pooled,
    rollover: rollover ? rolloverRule(rollover) : null,
    overage:
      price?.billing_method === 'usage_based' ? { max: price.max_purchase == null ? null : roundedAmountOf(price.max_purchase) } : null,
    prepaid: price?.billing_method === 'prepaid' ? { billingUnits: roundedAmountOf(price.billing_units) } : null,
    price: price ? priceOf(price) : null,
  }
}

function intervalOf(reset: ItemInput['reset']): PlanItem['interval'] {
  return reset == null || reset.interval === 'one_off' ? null : { unit: reset.interval, count: reset.interval_count }
}

/** The price as it is told again; nothing here charges it. */
function priceOf(price: NonNullable<ItemInput['price']>): NonNullable<PlanItem['price']> {
  const { amount, tiers, tier_behavior, interval, interval_count, billing_units, billing_method } = price
  return {
    ...(amount === undefined ? {} : { amount }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(tier_behavior === undefined ? {} : { tier_behavior }),
    interval,
    ...(interval_count === 1 ? {} : { interval_count }),
    billing_units,
    billing_method,
  }
}
