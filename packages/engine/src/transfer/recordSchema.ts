import { z } from 'zod'
import type { Operation } from '../core/command.ts'
import type { Controls } from '../core/controls.ts'
import type { CustomerState, Entity, Subscription } from '../core/customer.ts'
import type { Settlement, Use } from '../core/entry.ts'
import type { Grant } from '../core/grant.ts'
import type { Hold, Payment } from '../core/hold.ts'
import type { Interval } from '../core/period.ts'

/** A record as it is written in a ledger file: amounts are decimal text. The compiler checks that a schema names every field. */
export type Written<T> = T extends bigint
  ? string
  : T extends readonly (infer TItem)[]
    ? readonly Written<TItem>[]
    : T extends object
      ? { readonly [Field in keyof T]: Written<T[Field]> }
      : T

export const amount = z.string().regex(/^-?\d{1,60}(\.\d{1,10})?$/, 'write an amount as decimal text, with at most ten decimal places')
export const id = z.string()
export const instant = z.number()
export const count = z.int().nonnegative()
export const freeForm = z.record(z.string(), z.unknown())

export const interval: z.ZodType<Written<Interval>> = z.strictObject({
  unit: z.enum(['minute', 'hour', 'day', 'week', 'month', 'quarter', 'semi_annual', 'year']),
  count: z.int().positive(),
})

export const controls: z.ZodType<Written<Controls>> = z.strictObject({
  overageAllowed: z.array(z.strictObject({ featureId: id, enabled: z.boolean() })),
  spendLimits: z.array(
    z.strictObject({
      featureId: id,
      enabled: z.boolean(),
      kind: z.enum(['absolute', 'usage_percentage']),
      overageLimit: amount.nullable(),
    }),
  ),
  usageLimits: z.array(
    z.strictObject({
      featureId: id,
      enabled: z.boolean(),
      limit: amount,
      interval: z.enum(['day', 'week', 'month', 'year']),
      anchor: z.enum(['billing_cycle', 'utc']),
      filter: freeForm.nullable(),
    }),
  ),
  other: freeForm,
})

const rolloverRule = z.strictObject({
  max: amount.nullable(),
  maxPercentage: z.number().nullable(),
  expiresAfterMonths: z.number().nullable(),
})
const overage = z.strictObject({ max: amount.nullable() })
export const rollover = z.strictObject({ id, granted: amount, used: amount, held: amount, expiresAt: instant.nullable() })

export const planItem = z.strictObject({
  id,
  featureId: id,
  kind: z.enum(['granted', 'unlimited', 'included']),
  included: amount,
  interval: interval.nullable(),
  perEntity: z.string().nullable(),
  pooled: z.boolean(),
  rollover: rolloverRule.nullable(),
  overage: overage.nullable(),
  prepaid: z.strictObject({ billingUnits: amount }).nullable(),
  price: freeForm.nullable(),
})

export const subscription: z.ZodType<Written<Subscription>> = z.strictObject({
  id,
  planId: id,
  planVersion: count,
  planName: z.string(),
  group: z.string(),
  addOn: z.boolean(),
  autoEnable: z.boolean(),
  paid: z.boolean(),
  entityId: id.nullable(),
  startedAt: instant,
  trialEndsAt: instant.nullable(),
  canceledAt: instant.nullable(),
  expiresAt: instant.nullable(),
  endsWithTrial: z.boolean(),
  billing: interval.nullable(),
  periodStart: instant.nullable(),
  periodEnd: instant.nullable(),
  quantity: z.number(),
  perEntityItems: z.array(planItem),
  controls,
})

export const entity: z.ZodType<Written<Entity>> = z.strictObject({
  id,
  name: z.string().nullable(),
  featureId: id,
  createdAt: instant,
  controls,
})

export const grant: z.ZodType<Written<Grant>> = z.strictObject({
  id,
  featureId: id,
  planId: id.nullable(),
  subscriptionId: id.nullable(),
  itemId: id.nullable(),
  entityId: id.nullable(),
  perEntity: z.boolean(),
  flag: z.boolean(),
  unlimited: z.boolean(),
  included: amount,
  prepaid: amount,
  interval: interval.nullable(),
  anchorAt: instant,
  nextResetAt: instant.nullable(),
  expiresAt: instant.nullable(),
  createdAt: instant,
  addOn: z.boolean(),
  overage: overage.nullable(),
  rollover: rolloverRule.nullable(),
  price: freeForm.nullable(),
  cycle: count,
  granted: amount,
  used: amount,
  held: amount,
  rollovers: z.array(rollover),
})

const payment: z.ZodType<Written<Payment>> = z.strictObject({
  grantId: id,
  rolloverId: id.nullable(),
  cycle: count,
  planId: id.nullable(),
  poolId: id,
  amount,
  cost: amount,
})
const payments = z.array(payment)
export const holdItem = z.strictObject({ featureId: id, units: amount, payments })

export const hold: z.ZodType<Written<Hold>> = z.strictObject({
  id,
  operation: z.strictObject({ id, fingerprint: z.string() }).nullable(),
  entityId: id.nullable(),
  createdAt: instant,
  expiresAt: instant,
  overage: z.enum(['reject', 'cap', 'overflow']),
  items: z.array(holdItem),
  properties: freeForm.nullable(),
})

export const use: z.ZodType<Written<Use>> = z.strictObject({
  featureId: id,
  entityId: id.nullable(),
  units: amount,
  payments,
  eventName: z.string().nullable(),
  properties: freeForm.nullable(),
  timestamp: z.number().nullable(),
})

export const settlement: z.ZodType<Written<Settlement>> = z.strictObject({
  holdId: id,
  outcome: z.enum(['committed', 'released', 'expired']),
  entityId: id.nullable(),
  items: z.array(z.strictObject({ featureId: id, held: amount, units: amount, kept: payments, returned: payments, extra: payments })),
  properties: freeForm.nullable(),
})

export const window: z.ZodType<Written<CustomerState['windows'][number]>> = z.strictObject({
  featureId: id,
  entityId: id.nullable(),
  limitId: z.string(),
  used: amount,
  startsAt: instant,
  endsAt: instant,
})

export const operation: z.ZodType<Operation> = z.strictObject({
  id,
  customerId: id,
  fingerprint: z.string(),
  status: z.enum(['running', 'done', 'released']),
  holdId: id.nullable(),
  seq: z.int().positive().nullable(),
  result: z.string().nullable(),
  at: instant,
  expiresAt: instant,
})

/** The first thing that a schema found, with the place where it stands. */
export function firstIssueOf(error: z.ZodError, within: readonly PropertyKey[]): string {
  const [issue] = error.issues
  const place = [...within, ...(issue?.path ?? [])].join('.')
  return `${place === '' ? '' : `${place}: `}${issue?.message}`
}
