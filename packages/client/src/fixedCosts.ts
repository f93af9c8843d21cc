import type { ProcedureCost } from '@tollgate/features'
import type { Cost } from './afterSpending.ts'

/** The costs of a procedure when none of them depends on the input; undefined when one does. */
export function fixedCosts(costs: readonly ProcedureCost[]): readonly Cost[] | undefined {
  return costs.every((cost): cost is ProcedureCost & Cost => cost.units !== 'input') ? costs : undefined
}
