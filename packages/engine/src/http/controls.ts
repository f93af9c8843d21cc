import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import { type Controls, NO_CONTROLS } from '../core/controls.ts'
import { properties, reference, units } from './fields.ts'

const overageAllowed = z.object({ feature_id: reference, enabled: z.boolean().default(false) })

const spendLimit = z.object({
  feature_id: reference,
  enabled: z.boolean().default(false),
  limit_type: z.enum(['absolute', 'usage_percentage']).default('absolute'),
  overage_limit: units.min(0).nullish(),
})

const usageLimit = z.object({
  feature_id: reference,
  enabled: z.boolean().default(true),
  limit: units.min(0),
  interval: z.enum(['day', 'week', 'month', 'year']),
  anchor: z.enum(['billing_cycle', 'utc']).default('billing_cycle'),
  filter: z.object({ properties }).nullish(),
})

/** Kept for the wire as they come: alerts and automatic top-ups are not acted on. */
const kept = z.array(properties).max(100)

export const controlsInput = z.object({
  overage_allowed: z.array(overageAllowed).max(100).optional(),
  spend_limits: z.array(spendLimit).max(100).optional(),
  usage_limits: z.array(usageLimit).max(100).optional(),
  usage_alerts: kept.optional(),
  auto_topups: kept.optional(),
})

/** Lays the lists that a request gives over the controls that stand; lists that it does not name stay. */
export function controlsWith(before: Controls, input: z.output<typeof controlsInput>): Controls {
  const { overage_allowed, spend_limits, usage_limits, ...other } = input
  return {
    overageAllowed: overage_allowed?.map(({ feature_id, enabled }) => ({ featureId: feature_id, enabled })) ?? before.overageAllowed,
    spendLimits: spend_limits?.map(spendLimitOf) ?? before.spendLimits,
    usageLimits: usage_limits?.map(usageLimitOf) ?? before.usageLimits,
    other: { ...before.other, ...other },
  }
}

export function controlsOf(input: z.output<typeof controlsInput> | null | undefined): Controls {
  return input ? controlsWith(NO_CONTROLS, input) : NO_CONTROLS
}

function spendLimitOf({ feature_id, enabled, limit_type, overage_limit }: z.output<typeof spendLimit>): Controls['spendLimits'][number] {
  return { featureId: feature_id, enabled, kind: limit_type, overageLimit: overage_limit == null ? null : roundedAmountOf(overage_limit) }
}

function usageLimitOf({
  feature_id,
  enabled,
  limit,
  interval,
  anchor,
  filter,
}: z.output<typeof usageLimit>): Controls['usageLimits'][number] {
  return { featureId: feature_id, enabled, limit: roundedAmountOf(limit), interval, anchor, filter: filter?.properties ?? null }
}
