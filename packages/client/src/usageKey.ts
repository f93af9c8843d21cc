import type { QueryKey } from '@tanstack/react-query'

/**
 * Where the cache holds an answer of the usage router: the key that tRPC's own `trpc.usage.access.queryOptions()` has, so that what was
 * prefetched with it is found.
 *
 * @param at the path of the usage router in the application's router.
 */
export function usageKey(at: string, procedure: string, input?: unknown): QueryKey {
  return [...usageKeys(at, procedure), { ...(input !== undefined && { input }), type: 'query' }]
}

/** The beginning of the keys of one procedure, whatever its input. */
export function usageKeys(at: string, procedure: string): QueryKey {
  return [[...at.split('.'), procedure]]
}
