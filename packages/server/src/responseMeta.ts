import { ACCESS_HEADER, type CustomerAccess, type Denial } from '@tollgate/features'
import type { TRPCError } from '@trpc/server'
import { accessText } from './accessText.ts'
import { denialOf } from './denialError.ts'
import { requestOf } from './request.ts'

/** Servers refuse responses with more than 16 KB of headers: an access beyond half of that is left out, and the client asks for it. */
const HEADER_LIMIT_BYTES = 8_192

type Header = readonly [name: string, value: string]

/** What tRPC tells about a response before it is sent. */
export interface ResponseFacts {
  readonly ctx?: unknown
  readonly info?: { readonly calls: readonly unknown[] } | undefined
  readonly errors: readonly TRPCError[]
  /** True: nothing has run yet. */
  readonly eagerGeneration: boolean
}

/** The headers that metering adds: the balances that the calls left behind, and when to try again if one denial is the whole answer. */
export function meteringHeaders({ ctx, info, errors, eagerGeneration }: ResponseFacts): readonly Header[] {
  const access = eagerGeneration ? null : (requestOf(ctx)?.access() ?? null)
  const text = access && accessText(access)
  const told: readonly Header[] = text && text.length <= HEADER_LIMIT_BYTES ? [[ACCESS_HEADER, text]] : []
  const [error] = errors
  const denial = error && errors.length === 1 && info?.calls.length === 1 ? denialOf(error) : null
  return denial ? [...told, ...denialHeaders(denial, access)] : told
}

/** `Retry-After`, and the fields of the IETF's draft "RateLimit header fields for HTTP". */
function denialHeaders(denial: Denial, access: CustomerAccess | null): readonly Header[] {
  if (denial.reason === 'outage' || denial.reason === 'operation_in_progress') return [['retry-after', '1']]
  if (denial.poolId === null || denial.remaining === null) return []
  const name = quoted(denial.poolId)
  const balance = access?.features[denial.poolId]
  const granted = balance && balance.type !== 'boolean' ? Math.floor(balance.granted) : null
  // A reset is told on the customer's clock, and so is the time that is left until then.
  const waitS = denial.resetsAt === null ? null : Math.max(0, Math.ceil((denial.resetsAt - (access?.at ?? Date.now())) / 1_000))
  return [
    ...(waitS === null ? [] : [['retry-after', String(waitS)] as const]),
    ...(granted === null ? [] : [['ratelimit-policy', `${name};q=${granted}`] as const]),
    ['ratelimit', `${name};r=${Math.floor(denial.remaining)}${waitS === null ? '' : `;t=${waitS}`}`],
  ]
}

/** A string of structured fields: printable ASCII. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`
}
