import { z } from 'zod'
import { type Amount, roundedAmountOf } from '../core/amount.ts'
import type { UpdateBalance } from '../core/command.ts'
import type { Interval } from '../core/period.ts'
import { customerNotFound, invalidInputs, notOffered, refusalError } from './apiError.ts'
import { admitEntity, seedOf } from './arrival.ts'
import { type Call, run } from './call.ts'
import {
  customerData,
  entityData,
  grantedUnits,
  instant,
  intervalCount,
  intervalUnit,
  customerId as newId,
  reference,
  units,
} from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'
import { rolloverInput, rolloverRule } from './rollover.ts'

const resetInput = z.object({ interval: z.enum(['one_off', ...intervalUnit.options]), interval_count: intervalCount.default(1) })

const createInput = z
  .object({
    customer_id: reference,
    feature_id: reference,
    entity_id: reference.nullish(),
    included_grant: grantedUnits.optional(),
    unlimited: z.boolean().default(false),
    reset: resetInput.nullish(),
    rollover: rolloverInput.nullish(),
    expires_at: instant.nullish(),
    next_reset_at: instant.nullish(),
    balance_id: newId.optional(),
    customer_data: customerData.nullish(),
    entity_data: entityData.nullish(),
  })
  .refine((body) => !(body.unlimited && body.included_grant !== undefined), 'unlimited cannot be combined with included_grant')
  .refine((body) => body.next_reset_at == null || body.reset != null, { path: ['next_reset_at'], message: 'requires reset' })

const which = {
  customer_id: reference,
  entity_id: reference.nullish(),
  balance_id: reference.optional(),
  interval: z.enum(['one_off', ...intervalUnit.options]).optional(),
}

const updateInput = z
  .object({
    ...which,
    feature_id: reference,
    remaining: units.optional(),
    add_to_balance: units.optional(),
    usage: units.optional(),
    included_grant: grantedUnits.optional(),
    next_reset_at: instant.optional(),
    expires_at: instant.nullish(),
  })
  .refine(
    (body) => [body.remaining, body.usage, body.add_to_balance].filter((value) => value !== undefined).length <= 1,
    'remaining, usage and add_to_balance cannot be combined',
  )

const deleteInput = z.object({ ...which, feature_id: reference.optional(), recalculate_balances: z.boolean().default(false) })

const usageInput = z.object({
  customer_id: reference,
  feature_id: reference,
  entity_id: reference.nullish(),
  value: units,
  customer_data: customerData.nullish(),
  entity_data: entityData.nullish(),
})

const success = (): Reply => ok({ success: true })

/** `balances.create`: grants units that belong to no plan. */
export async function createBalance(call: Call): Promise<Reply> {
  const body = parseInput(createInput, call.body)
  await admitEntity(call, body)
  return run(call, {
    customerId: body.customer_id,
    create: seedOf(call, body),
    command: {
      kind: 'create_balance',
      featureId: body.feature_id,
      entityId: body.entity_id ?? null,
      balanceId: body.balance_id ?? null,
      included: roundedAmountOf(body.included_grant ?? 0),
      unlimited: body.unlimited,
      interval: intervalOf(body.reset),
      nextResetAt: body.next_reset_at ?? null,
      expiresAt: body.expires_at ?? null,
      rollover: body.rollover ? rolloverRule(body.rollover) : null,
    },
    reply: success,
  })
}

/** `balances.update`: sets what is left, what was used, or the terms of a balance. */
export function updateBalance(call: Call): Promise<Reply> {
  const body = parseInput(updateInput, call.body)
  const command: UpdateBalance = {
    kind: 'update_balance',
    featureId: body.feature_id,
    entityId: body.entity_id ?? null,
    balanceId: body.balance_id ?? null,
    interval: body.interval ?? null,
    ...amounts({ remaining: body.remaining, used: body.usage, add: body.add_to_balance, included: body.included_grant }),
    ...(body.next_reset_at === undefined ? {} : { nextResetAt: body.next_reset_at }),
    ...(body.expires_at === undefined ? {} : { expiresAt: body.expires_at }),
  }
  return run(call, { customerId: body.customer_id, command, reply: success })
}

/** `balances.delete`: takes a balance away, whatever is left of it. */
export async function deleteBalance(call: Call): Promise<Reply> {
  const { customer_id, entity_id, feature_id, balance_id, recalculate_balances } = parseInput(deleteInput, call.body)
  if (recalculate_balances) throw notOffered('recalculate_balances: correct the other balances with balances.update')
  if (feature_id === undefined && balance_id === undefined) throw invalidInputs('input: Either feature_id or balance_id must be provided')
  const featureId = feature_id ?? (await featureOfBalance(call, customer_id, balance_id ?? ''))
  const command = { kind: 'delete_balance', featureId, entityId: entity_id ?? null, balanceId: balance_id ?? null } as const
  return run(call, { customerId: customer_id, command, reply: success })
}

/** The older `usage` route: sets what was used. */
export async function setUsage(call: Call): Promise<Reply> {
  const body = parseInput(usageInput, call.body)
  await admitEntity(call, body)
  const { customer_id, feature_id, entity_id = null, value } = body
  const command = {
    kind: 'update_balance',
    featureId: feature_id,
    entityId: entity_id,
    balanceId: null,
    interval: null,
    used: roundedAmountOf(value),
  } as const
  return run(call, { customerId: customer_id, create: seedOf(call, body), command, reply: success })
}

async function featureOfBalance(call: Call, customerId: string, balanceId: string): Promise<string> {
  const customer = await call.engine.customer(customerId)
  if (customer === null) throw customerNotFound(customerId)
  const grant = customer.grants.find((each) => each.id === balanceId)
  if (!grant) throw refusalError({ ok: false, code: 'balance_not_found', featureId: balanceId, customer }, call.version)
  return grant.featureId
}

function intervalOf(reset: z.output<typeof resetInput> | null | undefined): Interval | null {
  return reset == null || reset.interval === 'one_off' ? null : { unit: reset.interval, count: reset.interval_count }
}

function amounts<$Name extends string>(given: Readonly<Record<$Name, number | undefined>>): { readonly [Name in $Name]?: Amount } {
  const named = Object.entries<number | undefined>(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, roundedAmountOf(value)] as const],
  )
  // The names are those that were given.
  return Object.fromEntries(named) as { readonly [Name in $Name]?: Amount }
}
