import { denialOf } from './denialOf.ts'

/** Attempts that follow a first one, at most. */
const MAX_RETRIES = 3

/** Refusals that another attempt may find gone: the backend is back, or the same operation has ended. */
const passing: readonly string[] = ['outage', 'operation_in_progress']

/**
 * Whether to try again: `new QueryClient({ defaultOptions: { queries: { retry: mayRetry } } })`.
 *
 * Never after a denial that stands and never after a request that was wrong; up to three times when the network, the server or the metering
 * backend failed. For mutations it needs `operationLink`, without which an attempt whose answer got lost is charged again; for
 * `retryLink` write `retry: ({ attempts, error }) => mayRetry(attempts - 1, error)`.
 */
export function mayRetry(failureCount: number, error: unknown): boolean {
  if (failureCount >= MAX_RETRIES) return false
  const denial = denialOf(error)
  return denial === null ? !isWrongRequest(error) : passing.includes(denial.reason)
}

/** Whether the server understood the request and found fault with it. */
function isWrongRequest(error: unknown): boolean {
  const status = (error as { readonly data?: { readonly httpStatus?: number } | null } | null)?.data?.httpStatus
  return status !== undefined && status < 500 && status !== 408 && status !== 429
}
