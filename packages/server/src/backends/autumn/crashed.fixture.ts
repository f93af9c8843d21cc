import { defineFeatures, definePlans, included, metered } from '@tollgate/features'

/** Each is charged in a way of its own. */
export const crashFeatures = defineFeatures({ locked: metered(), leased: metered(), tracked: metered() })
const plenty = included(1_000_000)
export const crashPlans = definePlans(crashFeatures, {
  free: { name: 'Free', autoEnable: true, items: { locked: plenty, leased: plenty, tracked: plenty } },
})

/** What an application of the crash test is told to do. */
export interface CrashOrders {
  readonly url: string
  readonly outboxUrl: string
  /** Added to its clock. */
  readonly offsetMs: number
  /** The file that it writes down in what it has answered. */
  readonly log: string
  /** The number of its first operation. */
  readonly from: number
}

/** What an operation asks for, and what its work uses of it: nothing when the work fails. */
export interface CrashOperation {
  readonly featureId: keyof typeof crashFeatures
  readonly units: number
  readonly used: number | null
}

const WAYS = ['locked', 'leased', 'tracked'] as const

/** The same operation for the same number, so that it can be repeated by another process. */
export function crashOperation(number: number): CrashOperation {
  const units = 2 + (number % 3)
  return { featureId: WAYS[number % WAYS.length] ?? 'locked', units, used: number % 7 === 6 ? null : units - (number % 2) }
}
