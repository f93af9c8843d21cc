import { hash } from 'node:crypto'
import { z } from 'zod'
import { type Amount, roundedAmountOf } from '../core/amount.ts'
import type { Refusal, Reserve } from '../core/command.ts'
import { DEFAULT_HOLD_MS, type HoldOutcome, MAX_HOLD_MS, type OperationRef, type OverageBehavior, type Properties } from '../core/hold.ts'
import { ApiError, invalidRequest } from './apiError.ts'
import { type Call, run } from './call.ts'
import { instant, properties, text, units } from './fields.ts'
import { parseInput } from './input.ts'
import { ok, type Reply } from './reply.ts'

const lockId = text.min(1, "can't be an empty string").max(256)

export const lockInput = z.object({
  lock_id: lockId,
  enabled: z.literal(true),
  expires_at: instant.optional(),
  overage_behavior: z.enum(['reject', 'cap', 'overflow']).optional(),
})

const finalizeInput = z
  .object({
    lock_id: lockId,
    action: z.enum(['confirm', 'release']),
    override_value: units.optional(),
    properties: properties.nullish(),
  })
  .refine((body) => body.action === 'confirm' || body.override_value === undefined, {
    path: ['override_value'],
    message: 'override_value cannot be provided when action is release',
  })

/** The units that a lock asks for. */
export interface LockWish {
  readonly entityId: string | null
  readonly featureId: string
  readonly units: Amount
  readonly overage: OverageBehavior
  readonly properties: Properties | null
}

/** A lock's command, and the operation by which its id is known everywhere. */
export interface LockRequest {
  readonly command: Reserve
  /** The id is free again once the lock has ended. */
  readonly operation: OperationRef & { readonly reusable: true }
}

/** The command that takes a lock. */
export function lockRequest(call: Call, lock: z.output<typeof lockInput>, wish: LockWish): LockRequest {
  const { entityId, featureId, overage } = wish
  const ref = { id: operationIdOf(lock.lock_id), fingerprint: '' }
  const command: Reserve = {
    kind: 'reserve',
    holdId: ref.id,
    operation: ref,
    items: [{ featureId, units: wish.units }],
    entityId,
    overage: lock.overage_behavior ?? overage,
    // A hold lives in the customer's time, whose clock may have been moved; the request speaks of real time.
    expiresAt: { afterMs: lifeOf(lock.expires_at, call.engine.now()) },
    properties: wish.properties,
  }
  return { command, operation: { ...ref, reusable: true } }
}

/** `balances.finalize`: ends a lock, as used or as given back. */
export async function finalize(call: Call): Promise<Reply> {
  const { lock_id, action, override_value, properties: given } = parseInput(finalizeInput, call.body)
  const id = operationIdOf(lock_id)
  if (call.finalizing.has(id)) throw beingFinalized()
  call.finalizing.add(id)
  try {
    const operation = await call.engine.operation(id)
    if (operation === null) throw lockNotFound(lock_id, null)
    if (operation.status !== 'running') throw lockNotFound(lock_id, operation.status === 'done' ? 'committed' : 'released')
    const { customerId } = operation
    const refused = (refusal: Refusal): null => {
      throwIfEnded(refusal, lock_id)
      return null
    }
    const reply = (): Reply => ok({ success: true })
    if (action === 'release') return await run(call, { customerId, command: { kind: 'release', holdId: id }, reply, refused })
    const units = override_value === undefined ? [] : await overrideOf(call, customerId, id, override_value)
    const command = { kind: 'commit', holdId: id, units, overage: null, properties: given ?? null } as const
    return await run(call, { customerId, command, reply, refused })
  } finally {
    call.finalizing.delete(id)
  }
}

async function overrideOf(call: Call, customerId: string, holdId: string, value: number) {
  const hold = (await call.engine.customer(customerId))?.holds.find((each) => each.id === holdId)
  return hold?.items.map(({ featureId }) => ({ featureId, units: roundedAmountOf(value) })) ?? []
}

function lifeOf(expiresAt: number | undefined, now: number): number {
  const lifeMs = expiresAt === undefined ? DEFAULT_HOLD_MS : expiresAt - now
  if (lifeMs > MAX_HOLD_MS) throw invalidRequest('Lock expires_at cannot be more than 1 day from now')
  if (lifeMs <= 0) throw invalidRequest('Lock expires_at must be in the future')
  return lifeMs
}

function throwIfEnded(refusal: Refusal, lockId: string): void {
  if (refusal.code === 'hold_not_found') throw lockNotFound(lockId, refusal.became)
  if (refusal.code === 'customer_not_found') throw lockNotFound(lockId, null)
}

function lockNotFound(lockId: string, became: HoldOutcome | null): ApiError {
  const past = { committed: ': it was confirmed', released: ': it was released', expired: ': it has expired' }
  return invalidRequest(`Lock not found for ID: ${lockId}${became ? past[became] : ''}`)
}

function beingFinalized(): ApiError {
  return new ApiError(409, 'invalid_request', 'Lock receipt not claimable: RESERVATION_ALREADY_PROCESSING')
}

/** Lock ids are free text; as a digest they fit every store. */
function operationIdOf(lockId: string): string {
  return `lock:${hash('sha256', lockId)}`
}
