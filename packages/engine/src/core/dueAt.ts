import type { CustomerState } from './customer.ts'

/** The earliest instant at which time alone changes a customer: a reset, an expiry, a scheduled plan change. */
export function dueAtOf(state: Pick<CustomerState, 'grants' | 'holds' | 'subscriptions'>): number {
  let dueAt = Number.POSITIVE_INFINITY
  const consider = (at: number | null): void => {
    if (at !== null && at < dueAt) dueAt = at
  }
  for (const grant of state.grants) {
    consider(grant.nextResetAt)
    consider(grant.expiresAt)
    for (const rollover of grant.rollovers) consider(rollover.expiresAt)
  }
  for (const hold of state.holds) consider(hold.expiresAt)
  for (const subscription of state.subscriptions) {
    consider(subscription.expiresAt)
    consider(subscription.trialEndsAt)
    consider(subscription.periodEnd)
  }
  return dueAt
}
