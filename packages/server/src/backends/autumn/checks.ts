import { amountOf } from '@tollgate/engine'
import { affords, type CustomerAccess, type DenialFacts, type Features, type Plan, poolsOf, type Shortage } from '@tollgate/features'
import type { Allowed, Caller, CheckRequest, FeatureUnits, Refused } from '../backend.ts'
import type { AccessBook } from './accessBook.ts'
import { affordedDenial, balanceDenial, entityDenial, unlockingPlans } from './denial.ts'
import type { Locks } from './locks.ts'

export interface ChecksOptions {
  readonly features: Features
  readonly plans: readonly Plan[]
  readonly locks: Locks
  readonly book: AccessBook
  readonly readAccess: (caller: Caller) => Promise<CustomerAccess>
}

/** Questions that move nothing, and the sentences for a refusal. */
export interface Checks {
  check(request: CheckRequest): Promise<Allowed | Refused>
  /** The denial of a call of which one feature was short. */
  denialOf(caller: Caller, items: readonly FeatureUnits[], shortage: Shortage): Promise<DenialFacts>
}

export function createChecks({ features, plans, locks, book, readAccess }: ChecksOptions): Checks {
  const unlocked = (facts: DenialFacts, items: readonly FeatureUnits[], access: CustomerAccess | null): DenialFacts =>
    facts.shortages.length === 0 ? facts : ({ ...facts, unlockedBy: unlockingPlans(features, plans, items, access) } as DenialFacts)

  const denialOf = async (caller: Caller, items: readonly FeatureUnits[], shortage: Shortage): Promise<DenialFacts> => {
    const { featureId, required, remaining } = shortage
    // A refused lock shows the balance from before it was tried. Where that would have been enough, a limit may be the reason.
    const contradicts = shortage.poolId !== null && remaining >= required
    const access = contradicts ? await readAccess(caller).catch(() => book.known(caller)) : book.known(caller)
    const units = items.find((item) => item.featureId === featureId)?.units ?? 0
    return unlocked(balanceDenial(shortage, access, features, units), items, access)
  }

  return {
    async check({ caller, items }) {
      const access = () => book.known(caller)
      const asked = await Promise.all(items.map(({ featureId, units }) => locks.ask(caller, featureId, amountOf(units))))
      for (const [index, answer] of asked.entries()) {
        if (answer.kind === 'granted') continue
        if (answer.kind === 'entity_not_found') return { kind: 'denied', denial: entityDenial(items), access }
        const { featureId = '', units = 0 } = items[index] ?? {}
        if (poolsOf(features, featureId).length === 0) {
          return { kind: 'denied', denial: await denialOf(caller, items, answer.shortage), access }
        }
        // Autumn's check asks one balance alone, and its deduction spends all that pay for the feature: the customer's balances decide.
        const whole = await readAccess(caller)
        const affordance = affords(features, whole, featureId, units)
        if (!affordance.allowed) return { kind: 'denied', denial: unlocked(affordedDenial(affordance), items, whole), access }
      }
      return { kind: 'allowed', access }
    },
    denialOf,
  }
}
