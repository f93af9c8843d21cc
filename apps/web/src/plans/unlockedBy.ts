import { affords, type CustomerAccess, type FeatureAccess, type PlanItem } from '@tollgate/features'
import { features } from '../../catalog.ts'
import { type FeatureKey, type MainPlanId, mainPlans } from './planTerms.ts'

/** The first plan that would allow what is refused now, in the order of the registry; null when none would. */
export function unlockedBy(featureId: FeatureKey, units: number, heldPlanIds: readonly string[]): MainPlanId | null {
  const plan = mainPlans.find(
    ({ id, items }) => !heldPlanIds.includes(id) && affords(features, accessFrom(items), featureId, units).allowed,
  )
  return plan?.id === 'free' || plan?.id === 'pro' ? plan.id : null
}

/** What a customer has who just got a plan. */
function accessFrom(items: readonly PlanItem[]): CustomerAccess {
  const entries = items.map((item) => [item.featureId, featureFrom(item)] as const)
  return { customerId: '', entityId: null, version: 0, at: 0, plans: [], features: Object.fromEntries(entries) }
}

function featureFrom(item: PlanItem): FeatureAccess {
  const { featureId } = item
  if (item.kind === 'granted') return { featureId, type: 'boolean', granted: true }
  const granted = item.kind === 'included' ? item.included : 0
  return {
    featureId,
    type: 'metered',
    granted,
    used: 0,
    held: 0,
    remaining: granted,
    unlimited: item.kind === 'unlimited',
    overageLeft: 0,
    usageLimitLeft: 'unlimited',
    resetsAt: null,
  }
}
