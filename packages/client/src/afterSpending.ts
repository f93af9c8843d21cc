import { affords, type CustomerAccess, type FeatureAccess, type Features } from '@tollgate/features'

/** So many units of one feature. */
export interface Cost<TFeatureId extends string = string> {
  readonly featureId: TFeatureId
  readonly units: number
}

/** The access as it will be while a call of these costs is running; a cost that cannot be paid changes nothing. */
export function afterSpending(features: Features, access: CustomerAccess, costs: readonly Cost[]): CustomerAccess {
  const left: Record<string, FeatureAccess | undefined> = { ...access.features }
  for (const { featureId, units } of costs) {
    for (const { poolId, amount } of affords(features, { ...access, features: left }, featureId, units).payers) {
      const balance = left[poolId]
      if (balance === undefined || balance.type === 'boolean') continue
      left[poolId] = { ...balance, held: rounded(balance.held + amount), remaining: Math.max(0, rounded(balance.remaining - amount)) }
    }
  }
  return { ...access, features: left }
}

/** Balances have ten decimal places at most: what lies behind is the noise of doubles. */
function rounded(value: number): number {
  return Number(value.toFixed(10))
}
