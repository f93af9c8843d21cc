import type { CustomerAccess } from './access.ts'

/** Request header: the operation ids of a batch's calls, joined by commas in the order of the calls; an empty place for a call without one. */
export const OPERATION_HEADER = 'x-tollgate-operation'

/** Response header: the customer's access after the request, as JSON, where headers can still be sent when the work is done. */
export const ACCESS_HEADER = 'x-tollgate-access'

/** Request header: `1` asks for each answer in an `Envelope`, for links that send the response's headers before the work is done. */
export const ENVELOPE_HEADER = 'x-tollgate-envelope'

/** An answer with the access that it left behind. A stream carries its envelope as the last chunk, with no data. */
export interface Envelope<TData = unknown> {
  readonly $tollgate: 1
  readonly data?: TData
  readonly access: CustomerAccess
}

/** Whether a value is an envelope and not an answer that happens to be an object. */
export function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && '$tollgate' in value && value.$tollgate === 1 && 'access' in value
}

/** What a procedure costs, as far as it can be said before it is called. */
export interface ProcedureCost {
  readonly featureId: string
  /** `input`: computed on the server from the call's input; ask for a quote. */
  readonly units: number | 'input'
}

/** What the client knows of the server's procedures without calling them, by path. */
export interface Manifest {
  readonly procedures: {
    readonly [path: string]:
      | { readonly kind: 'metered'; readonly costs: readonly ProcedureCost[] }
      | { readonly kind: 'gated'; readonly featureId: string }
  }
}
