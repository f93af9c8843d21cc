import { type Denial, type DenialFacts, type DenialReason, describeDenial, type Features } from '@tollgate/features'
import { TRPCError } from '@trpc/server'

type ErrorCode = TRPCError['code']

/** Which tRPC error a denial becomes; the compiler asks for a line per reason. */
export const denialCodes: Readonly<Record<DenialReason, ErrorCode>> = {
  feature_not_in_plan: 'FORBIDDEN',
  limit_reached: 'FORBIDDEN',
  usage_limit_reached: 'FORBIDDEN',
  spend_limit_reached: 'FORBIDDEN',
  outage: 'SERVICE_UNAVAILABLE',
  operation_conflict: 'CONFLICT',
  operation_in_progress: 'CONFLICT',
  answer_too_large: 'CONFLICT',
  answer_streamed: 'CONFLICT',
  entity_not_found: 'NOT_FOUND',
}

/** Other codes for some reasons: `{ limit_reached: 'PAYMENT_REQUIRED' }`. */
export type DenialCodes = { readonly [Reason in DenialReason]?: ErrorCode }

/** Marks errors that carry a denial. Registered by name: an error made by another copy of this package is known too. */
const DENIAL = Symbol.for('tollgate.denial')

/** A refused call, as the cause of the `TRPCError` that its caller gets. */
export class DenialError extends Error {
  override readonly name = 'DenialError'
  readonly denial: Denial
  readonly [DENIAL] = true

  constructor(denial: Denial) {
    super(denial.message)
    this.denial = denial
  }
}

/** The error that refuses a call, with the denial as its cause. */
export function denialError(facts: DenialFacts, features: Features, codes: DenialCodes): TRPCError {
  const denial: Denial = { ...facts, message: describeDenial(facts, features) }
  return new TRPCError({
    code: codes[denial.reason] ?? denialCodes[denial.reason],
    message: denial.message,
    cause: new DenialError(denial),
  })
}

/** The denial that an error carries, itself or as its cause; null for any other error. */
export function denialOf(error: unknown): Denial | null {
  if (!(error instanceof Error)) return null
  const carrier = DENIAL in error ? error : error.cause
  // Only `DenialError` carries the mark, in whichever copy of this package.
  return carrier instanceof Error && DENIAL in carrier ? (carrier as DenialError).denial : null
}
