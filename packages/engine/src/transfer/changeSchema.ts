import { z } from 'zod'
import type { Change } from '../core/entry.ts'
import {
  amount,
  controls,
  entity,
  firstIssueOf,
  freeForm,
  grant,
  hold,
  holdItem,
  id,
  instant,
  rollover,
  settlement,
  subscription,
  use,
  type Written,
  window,
} from './recordSchema.ts'

const customerFields = {
  name: z.string().nullable(),
  email: z.string().nullable(),
  fingerprint: z.string().nullable(),
  metadata: freeForm,
  sendEmailReceipts: z.boolean(),
  controls,
}
const changedFields = z.strictObject({
  name: customerFields.name.exactOptional(),
  email: customerFields.email.exactOptional(),
  fingerprint: customerFields.fingerprint.exactOptional(),
  metadata: customerFields.metadata.exactOptional(),
  sendEmailReceipts: customerFields.sendEmailReceipts.exactOptional(),
  controls: controls.exactOptional(),
})
const newCustomer = z.strictObject({ ...customerFields, id, createdAt: instant, clockOffsetMs: z.number() })

type FieldsOf<TChange> = { readonly [Field in Exclude<keyof TChange, 'kind'>]: z.ZodType<Written<TChange[Field]>> }

const fieldsByKind: { readonly [Kind in Change['kind']]: FieldsOf<Extract<Change, { readonly kind: Kind }>> } = {
  customer_created: { customer: newCustomer },
  customer_updated: { fields: changedFields },
  customer_deleted: {},
  clock_moved: { offsetMs: z.number() },
  entity_created: { entity },
  entity_updated: { entity },
  entity_deleted: { entityId: id },
  plan_started: { subscription },
  plan_changed: { subscription },
  plan_ended: { subscriptionId: id, planId: id },
  granted: { grant },
  reset: { grantId: id, granted: amount, nextResetAt: instant.nullable(), rollovers: z.array(rollover), expired: amount },
  rollover_expired: { grantId: id, rolloverId: id, expired: amount },
  closed: { grantId: id, reason: z.enum(['plan_ended', 'expired', 'deleted']), expired: amount },
  adjusted: { grant },
  used: { use },
  held: { hold },
  hold_extended: { holdId: id, items: z.array(holdItem), expiresAt: instant },
  settled: { settlement },
  refunded: { use, ofOperationId: id },
  window_counted: { window },
}

const changeByKind = new Map(
  Object.entries(fieldsByKind).map(([kind, fields]) => [kind, z.strictObject({ kind: z.literal(kind), ...fields })]),
)

/** One entry in a ledger file; whose it is, the line before its first one says. */
const entrySchema = z.strictObject({
  seq: z.int().positive(),
  at: instant,
  operationId: id.nullable(),
  changes: z.array(z.looseObject({ kind: z.enum(Object.keys(fieldsByKind)) })).min(1),
})

/** What is wrong with an entry's form; null when nothing is. */
export function faultOfEntry(written: unknown): string | null {
  const envelope = entrySchema.safeParse(written)
  if (!envelope.success) return firstIssueOf(envelope.error, [])
  for (const [index, change] of envelope.data.changes.entries()) {
    const result = changeByKind.get(change.kind)?.safeParse(change)
    if (result?.success === false) return firstIssueOf(result.error, ['changes', index])
  }
  return null
}
