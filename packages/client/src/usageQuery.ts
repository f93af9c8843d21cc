import { type QueryKey, replaceEqualDeep } from '@tanstack/react-query'
import type { CustomerAccess, Manifest } from '@tollgate/features'
import type { Cost } from './afterSpending.ts'
import { isAccess, newestAccess } from './newestAccess.ts'
import { untilReset } from './untilReset.ts'
import { usageKey } from './usageKey.ts'
import type { UsageSource } from './usageSource.ts'

/** Options for any query of TanStack Query: `useQuery`, `prefetchQuery`, `QueryObserver`. */
export interface UsageQuery<TData> {
  readonly queryKey: QueryKey
  readonly queryFn: () => Promise<TData>
  /** In milliseconds. */
  readonly staleTime: number
}

/** What the server says that a call would cost. */
export interface QuotedCosts {
  readonly costs: readonly Cost[]
}

/** After so long an answer is read again by a component that newly shows it, and when the page is seen again. */
const FRESH_FOR_MS = 30_000

/** An answer of the usage router. */
export function usageQuery<$Data>(
  { client, at }: UsageSource,
  procedure: string,
  input?: unknown,
  staleTime = FRESH_FOR_MS,
): UsageQuery<$Data> {
  return {
    queryKey: usageKey(at, procedure, input),
    // What the usage router answers is what its types say.
    queryFn: () => client.query(`${at}.${procedure}`, input) as Promise<$Data>,
    staleTime,
  }
}

/**
 * What a customer may do, or an entity of theirs; read again when a balance resets.
 *
 * An answer that was overtaken on its way changes nothing.
 */
export function accessQuery(source: UsageSource, entityId?: string) {
  return {
    ...usageQuery<CustomerAccess>(source, 'access', entityId === undefined ? undefined : { entityId }),
    structuralSharing: keepNewest,
    refetchInterval: untilReset,
  }
}

/** How the procedures are metered and gated. */
export function manifestQuery(source: UsageSource): UsageQuery<Manifest> {
  return usageQuery(source, 'manifest', undefined, Number.POSITIVE_INFINITY)
}

/** What one call would cost. */
export function quoteQuery(source: UsageSource, path: string, input: unknown): UsageQuery<QuotedCosts> {
  return usageQuery(source, 'quote', { path, input })
}

/** What hooks derive from an access is compared as usual. */
function keepNewest(held: unknown, next: unknown): unknown {
  return isAccess(next) ? newestAccess(isAccess(held) ? held : undefined, next) : replaceEqualDeep(held, next)
}
