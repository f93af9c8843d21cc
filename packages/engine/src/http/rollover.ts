import { z } from 'zod'
import { roundedAmountOf } from '../core/amount.ts'
import type { RolloverRule } from '../core/catalog.ts'
import { grantedUnits } from './fields.ts'

/** What carries over at a reset: as plan items write it, or as `balances.create` does. */
export const rolloverInput = z.object({
  max: grantedUnits.nullish(),
  max_percentage: z.number().min(0).max(100).nullish(),
  expiry_duration_type: z.enum(['month', 'forever']).optional(),
  expiry_duration_length: z.number().int().min(1).max(1_000).optional(),
  duration: z.enum(['month', 'forever']).optional(),
  length: z.number().int().min(0).max(1_000).optional(),
})

export function rolloverRule(input: z.output<typeof rolloverInput>): RolloverRule {
  const months = input.expiry_duration_length ?? input.length ?? 1
  return {
    max: input.max == null ? null : roundedAmountOf(input.max),
    maxPercentage: input.max_percentage ?? null,
    expiresAfterMonths: (input.expiry_duration_type ?? input.duration ?? 'month') === 'forever' ? null : Math.max(1, months),
  }
}
