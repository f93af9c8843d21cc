import {
  type Affordance,
  affords,
  type BalanceAccess,
  type CustomerAccess,
  type DenialFacts,
  type Features,
  type IncludedItem,
  type NamedPlan,
  type Plan,
  type PlanItem,
  type Shortage,
} from '@tollgate/features'
import type { CheckResponse } from 'autumn-js'
import type { FeatureUnits } from '../backend.ts'

/** What a denied check says of one feature. */
export function shortageOf({ featureId, units }: FeatureUnits, { balance, requiredBalance }: CheckResponse): Shortage {
  if (balance === null) return { featureId, poolId: null, required: units, remaining: 0, resetsAt: null }
  const { featureId: poolId, remaining, nextResetAt: resetsAt } = balance
  return { featureId, poolId, required: poolId === featureId ? units : (requiredBalance ?? units), remaining, resetsAt }
}

/** The denial of a call of which one feature was short; with the customer's access, it can tell a limit of a stretch of time from a balance. */
export function balanceDenial(shortage: Shortage, access: CustomerAccess | null, features: Features, units: number): DenialFacts {
  const { featureId } = shortage
  const common = { shortages: [shortage], unlockedBy: [] }
  if (shortage.poolId === null) return { ...shortage, reason: 'feature_not_in_plan', ...common }
  const affordance = access && affords(features, access, featureId, units)
  if (affordance?.allowed === false && affordance.reason === 'usage_limit_reached') {
    const limited = plainShortage(affordance)
    return { ...limited, reason: 'usage_limit_reached', ...common, shortages: [limited] }
  }
  return { ...shortage, reason: 'limit_reached', ...common }
}

/** The denial that `affords` found. */
export function affordedDenial(affordance: Extract<Affordance, { readonly allowed: false }>): DenialFacts {
  const shortage = plainShortage(affordance)
  return { ...shortage, reason: affordance.reason, shortages: [shortage], unlockedBy: [] }
}

function plainShortage({ featureId, poolId, required, remaining, resetsAt }: Shortage): Shortage {
  return { featureId, poolId, required, remaining, resetsAt }
}

/** A denial before any balance was read. */
export function entityDenial([first]: readonly FeatureUnits[]): DenialFacts {
  const { featureId = '', units: required = 0 } = first ?? {}
  return { reason: 'entity_not_found', featureId, required, poolId: null, remaining: null, resetsAt: null, shortages: [], unlockedBy: [] }
}

/**
 * The plans with which a refused call would be allowed, as far as the registry tells: what a plan includes, freshly granted.
 *
 * Plans that enable themselves and plans that the customer holds are left out, unless they stack.
 */
export function unlockingPlans(
  features: Features,
  plans: readonly Plan[],
  items: readonly FeatureUnits[],
  access: CustomerAccess | null,
): readonly NamedPlan[] {
  const held = new Set(access?.plans.map((plan) => plan.planId))
  return plans
    .filter((plan) => !plan.autoEnable && (plan.addOn || !held.has(plan.id)))
    .filter((plan) => items.every(({ featureId, units }) => affords(features, accessOn(features, plan, access), featureId, units).allowed))
    .map(({ id, name }) => ({ planId: id, name }))
}

/** What a customer would have right after taking a plan; an add-on leaves what there is. */
function accessOn(features: Features, plan: Plan, access: CustomerAccess | null): CustomerAccess {
  const before = plan.addOn ? (access?.features ?? {}) : {}
  const granted = plan.items.map((item) => grantedAccess(features, item, before[item.featureId]))
  return {
    customerId: access?.customerId ?? '',
    entityId: access?.entityId ?? null,
    version: 0,
    at: 0,
    features: { ...before, ...Object.fromEntries(granted.map((each) => [each.featureId, each])) },
    plans: [],
  }
}

function grantedAccess(features: Features, item: PlanItem, before: CustomerAccess['features'][string]) {
  const { featureId } = item
  if (item.kind === 'granted') return { featureId, type: 'boolean', granted: true } as const
  const left = before === undefined || before.type === 'boolean' ? 0 : before.remaining
  const included = item.kind === 'included' ? item.included : 0
  const balance: BalanceAccess = {
    featureId,
    type: features[featureId]?.type === 'credit_system' ? 'credit_system' : 'metered',
    granted: included + left,
    used: 0,
    held: 0,
    remaining: included + left,
    unlimited: item.kind === 'unlimited',
    overageLeft: item.kind === 'included' ? overageOf(item) : 0,
    usageLimitLeft: 'unlimited',
    resetsAt: null,
  }
  return balance
}

function overageOf({ overage }: IncludedItem): number | 'unlimited' {
  return overage?.max ?? 0
}
