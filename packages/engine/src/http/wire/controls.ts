import { unitsOf } from '../../core/amount.ts'
import type { Controls } from '../../core/controls.ts'
import type { CustomerState } from '../../core/customer.ts'

/** Billing controls, each list only when it has entries. */
export function renderControls(controls: Controls, usedIn: (featureId: string) => number | undefined = () => undefined): object {
  const { overageAllowed, spendLimits, usageLimits, other } = controls
  return {
    ...other,
    ...(overageAllowed.length > 0
      ? { overage_allowed: overageAllowed.map(({ featureId, enabled }) => ({ feature_id: featureId, enabled })) }
      : {}),
    ...(spendLimits.length > 0
      ? {
          spend_limits: spendLimits.map(({ featureId, enabled, kind, overageLimit }) => ({
            feature_id: featureId,
            enabled,
            limit_type: kind,
            ...(overageLimit === null ? {} : { overage_limit: unitsOf(overageLimit) }),
          })),
        }
      : {}),
    ...(usageLimits.length > 0
      ? {
          usage_limits: usageLimits.map(({ featureId, enabled, limit, interval, anchor, filter }) => {
            const usage = usedIn(featureId)
            return {
              feature_id: featureId,
              enabled,
              limit: unitsOf(limit),
              interval,
              anchor,
              ...(filter === null ? {} : { filter: { properties: filter } }),
              ...(usage === undefined ? {} : { usage }),
            }
          }),
        }
      : {}),
  }
}

/** What was used in the current window of a customer's, or an entity's, usage limit. */
export function windowUsage(customer: CustomerState, entityId: string | null): (featureId: string) => number {
  return (featureId) => {
    const window = customer.windows.find((each) => each.featureId === featureId && each.entityId === entityId)
    return window ? unitsOf(window.used) : 0
  }
}
