import { type Amount, amountOf, unitsOf } from '@tollgate/engine'
import type { Delivery } from '../../outbox/delivery.ts'
import type { LeaseUse, NewDelivery } from '../../outbox/outboxStore.ts'
import type { Caller, FeatureUnits } from '../backend.ts'
import type { Part } from './part.ts'

/** What a call that ends says about its parts. */
export interface Ending {
  readonly deliveries: readonly NewDelivery[]
  readonly leaseUses: readonly LeaseUse[]
  /** How much of each part was used, in the order of the parts. */
  readonly used: readonly Amount[]
}

/** Whose call ends, and when. */
export interface Ender {
  readonly caller: Caller
  readonly holdId: string
  readonly operationId: string | null
  readonly procedure: string
  readonly at: number
}

/** Sums what was used beyond the parts, by feature. */
export function extraOf(parts: readonly Part[], units: readonly FeatureUnits[]): ReadonlyMap<string, Amount> {
  const extra = new Map<string, Amount>()
  for (const [featureId, used] of sumsOf(units)) {
    const held = parts.reduce((sum, part) => (part.featureId === featureId ? sum + part.units : sum), 0n)
    if (used > held) extra.set(featureId, used - held)
  }
  return extra
}

/**
 * Says how parts end when so many units were used: first come, first used up.
 *
 * A feature that `units` does not name used all that was set aside. What is beyond the parts is tracked.
 */
export function endingOf(ender: Ender, parts: readonly Part[], units: readonly FeatureUnits[], overage: 'cap' | 'overflow'): Ending {
  const rest = new Map(sumsOf(units))
  const used = parts.map((part) => {
    const left = rest.get(part.featureId)
    if (left === undefined) return part.units
    const taken = left < part.units ? left : part.units
    rest.set(part.featureId, left - taken)
    return taken
  })
  const ends = parts.map((part, index) => endOf(ender, part, used[index] ?? 0n, index))
  const extra = [...extraOf(parts, units)].map(([featureId, beyond]) => track(ender, featureId, beyond, overage, `extra:${featureId}`))
  return {
    deliveries: [...ends.flatMap((each) => each.delivery ?? []), ...extra].map((delivery) => ({ delivery, notBefore: null })),
    leaseUses: ends.flatMap((each) => each.leaseUse ?? []),
    used,
  }
}

interface End {
  readonly delivery?: Delivery
  readonly leaseUse?: LeaseUse
}

function endOf(ender: Ender, part: Part, used: Amount, index: number): End {
  const { featureId } = part
  switch (part.kind) {
    case 'lock': {
      const about = { ...addressed(ender, featureId), lockId: part.lockId }
      if (used === 0n) return { delivery: { action: 'release', key: `${part.lockId}:release`, ...about } }
      return { delivery: { action: 'confirm', key: `${part.lockId}:confirm`, ...about, units: unitsOf(used), held: unitsOf(part.units) } }
    }
    case 'track':
      // The units were there when the call began: what others have used since does not make its work free.
      return used === 0n ? {} : { delivery: track(ender, featureId, used, 'overflow', String(index)) }
    case 'lease': {
      if (used === 0n) return {}
      const otherwise = track(ender, featureId, used, 'overflow', String(index))
      return { leaseUse: { lockId: part.block.lockId, amount: used, otherwise } }
    }
  }
}

/** A use without a lock. */
export function track(ender: Ender, featureId: string, units: Amount, overage: 'cap' | 'overflow', part: string) {
  return { action: 'track', key: `${ender.holdId}:${part}`, ...addressed(ender, featureId), units: unitsOf(units), overage } as const
}

function addressed({ caller, operationId, procedure, at }: Ender, featureId: string) {
  return { customerId: caller.customerId, entityId: caller.entityId, featureId, operationId, procedure, at }
}

function sumsOf(units: readonly FeatureUnits[]): ReadonlyMap<string, Amount> {
  const sums = new Map<string, Amount>()
  for (const { featureId, units: count } of units) sums.set(featureId, (sums.get(featureId) ?? 0n) + amountOf(count))
  return sums
}
