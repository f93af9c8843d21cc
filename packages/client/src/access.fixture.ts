import {
  type BalanceAccess,
  boolean,
  type CustomerAccess,
  creditSystem,
  defineFeatures,
  type FeatureAccess,
  metered,
} from '@tollgate/features'

export const features = defineFeatures({
  messages: metered(),
  image_gen: metered(),
  video_gen: metered(),
  sso: boolean(),
  credits: creditSystem({ image_gen: 10, video_gen: 25 }),
})

/** A balance with so much left, of so much granted. */
export function balance(featureId: string, remaining: number, fields: Partial<BalanceAccess> = {}): BalanceAccess {
  const type = featureId === 'credits' ? 'credit_system' : 'metered'
  const rest = {
    granted: remaining,
    used: 0,
    held: 0,
    unlimited: false,
    overageLeft: 0,
    usageLimitLeft: 'unlimited',
    resetsAt: null,
  } as const
  return { featureId, type, remaining, ...rest, ...fields }
}

/** What a customer has. */
export function access(balances: readonly FeatureAccess[], fields: Partial<CustomerAccess> = {}): CustomerAccess {
  const entries = balances.map((each) => [each.featureId, each])
  return { customerId: 'acme', entityId: null, version: 1, at: 0, plans: [], features: Object.fromEntries(entries), ...fields }
}
