import { skipToken, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { usageQuery } from './usageQuery.ts'
import type { UsageSource } from './usageSource.ts'

/** What of a reading is chosen by the page, as TanStack Query has it. */
export interface ReadOptions {
  readonly enabled?: boolean
  /** In milliseconds. */
  readonly refetchInterval?: number | false
  /** In milliseconds. */
  readonly staleTime?: number
}

/** An answer of the usage router that is not kept fresh by itself. */
export function useReading<$Data>(
  source: UsageSource,
  procedure: string,
  input: unknown,
  opts: ReadOptions = {},
): UseQueryResult<$Data, Error> {
  const isSkipped = input === skipToken
  return useQuery({
    ...usageQuery<$Data>(source, procedure, isSkipped ? undefined : input),
    ...opts,
    ...(isSkipped && { queryFn: skipToken }),
  })
}
