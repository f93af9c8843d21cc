import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'
import type { Backend, Caller, FeatureUnits, Hold, Reservation } from '../backend.ts'

export const features = defineFeatures({
  messages: metered(),
  images: metered(),
  calls: metered(),
  seats: metered({ consumable: false }),
  logs: metered(),
  runs: metered(),
  sso: boolean(),
  audit: boolean(),
  credits: creditSystem({ images: 10, calls: 1 }),
})

export const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: {
      messages: included(10).per('month'),
      images: included(2).per('month'),
      credits: included(50).per('month'),
      sso: granted(),
      logs: unlimited(),
    },
  },
  pro: { name: 'Pro', items: { messages: included(1_000).per('month'), audit: granted(), credits: included(5_000).per('month') } },
})

/** One backend under test, on a clock that the test moves. */
export interface BackendUnderTest {
  readonly backend: Backend
  /** Moves the clock of the backend and of what is behind it. */
  advance(ms: number): void
  /** What the ledger says was used, once everything is told: the truth behind the backend. */
  usedOf(customerId: string, featureId: string): Promise<number>
  close(): Promise<void>
}

export const HOUR_MS = 3_600_000

let ids = 0

export const callerOf = (customerId = 'acme'): Caller => ({ customerId, entityId: null })

export const operation = (fingerprint = 'input') => ({ id: `operation-${ids++}`, fingerprint })

export const messages = (units: number): readonly FeatureUnits[] => [{ featureId: 'messages', units }]

export const reserve = (
  backend: Backend,
  items: readonly FeatureUnits[],
  { caller = callerOf(), ref = operation(), ttlMs = HOUR_MS } = {},
): Promise<Reservation> => backend.reserve({ caller, items, operation: ref, ttlMs, procedure: 'test.call' })

export const commit = (backend: Backend, hold: Hold, units: readonly FeatureUnits[], answer: string | null = null) =>
  backend.commit(hold, { units, overage: 'refuse', answer })

/** The hold of a call that was let through. */
export function held(reservation: Reservation): Hold {
  if (reservation.kind !== 'held') throw new Error(`the call was not let through: ${JSON.stringify(reservation)}`)
  return reservation.hold
}
