import type { NamedPlan } from '@tollgate/features'
import type { Catalog } from './core/catalog.ts'
import type { FeatureUnits } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import { decide } from './core/decide.ts'
import type { Moment } from './core/draft.ts'
import type { Scope } from './core/payers.ts'

/**
 * The plans with which a refused use would be allowed: each is tried on the customer, and nothing is recorded.
 *
 * Plans that enable themselves are left out: they are what everyone has, not a way up. `now` is the customer's time.
 */
export function unlockingPlans(
  catalog: Catalog,
  state: CustomerState,
  items: readonly FeatureUnits[],
  { entityId }: Scope,
  now: number,
): readonly NamedPlan[] {
  let ids = 0
  const moment: Moment = { now, catalog, newId: (prefix) => `${prefix}_tried_${ids++}` }
  const allows = (planId: string): boolean => {
    const attach = { kind: 'attach', planId, entityId, quantities: [], trial: 'once' } as const
    const attached = decide(state, attach, moment, state.id, null)
    if (!attached.answer.ok) return false
    const { answer } = decide(attached.state, { kind: 'check', items, entityId, properties: null }, moment, state.id, null)
    return answer.ok && answer.allowed
  }
  return [...catalog.plans.values()]
    .filter((plan) => !plan.archived && !plan.autoEnable && allows(plan.id))
    .map(({ id, name }) => ({ planId: id, name }))
}
