import { type Amount, amountOf } from '@tollgate/engine'
import type { Caller, FeatureUnits } from '../backends/backend.ts'
import type { OutagePolicy } from './outagePolicy.ts'

/** Units that were let through and are not recorded yet. */
export interface OpenUnits {
  /** Lets units through, all items or none; false when the policies forbid it. */
  take(caller: Caller, items: readonly FeatureUnits[]): boolean
  /** Notes units that were used, whether they were allowed or not. */
  add(caller: Caller, items: readonly FeatureUnits[]): void
  /** They are recorded, or were not used. */
  giveBack(caller: Caller, items: readonly FeatureUnits[]): void
}

export function createOpenUnits(policyOf: (featureId: string) => OutagePolicy): OpenUnits {
  /** By customer, entity and feature. */
  const open = new Map<string, Amount>()

  const fits = (caller: Caller, { featureId, units }: FeatureUnits): boolean => {
    const policy = policyOf(featureId)
    if (typeof policy === 'string') return policy === 'allow'
    return (open.get(keyOf(caller, featureId)) ?? 0n) + amountOf(units) <= amountOf(policy.allowUpTo)
  }
  const move = (caller: Caller, items: readonly FeatureUnits[], sign: 1n | -1n): void => {
    for (const { featureId, units } of items) {
      const key = keyOf(caller, featureId)
      const left = (open.get(key) ?? 0n) + sign * amountOf(units)
      if (left === 0n) open.delete(key)
      else open.set(key, left)
    }
  }

  return {
    take(caller, items) {
      // One after the other: two items of one feature share what it is allowed.
      const taken: FeatureUnits[] = []
      for (const item of items) {
        if (!fits(caller, item)) {
          move(caller, taken, -1n)
          return false
        }
        move(caller, [item], 1n)
        taken.push(item)
      }
      return true
    },
    add: (caller, items) => move(caller, items, 1n),
    giveBack: (caller, items) => move(caller, items, -1n),
  }
}

function keyOf({ customerId, entityId }: Caller, featureId: string): string {
  return JSON.stringify([customerId, entityId, featureId])
}
