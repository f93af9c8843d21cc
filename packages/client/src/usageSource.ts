import type { QueryClient } from '@tanstack/react-query'
import type { Features } from '@tollgate/features'

/** Where a page, or one request on the server, reads usage from. */
export interface UsageSource<TFeatures extends Features = Features> {
  readonly features: TFeatures
  readonly client: UsageClient
  readonly queryClient: QueryClient
  /** The path of the usage router in the application's router: `usage`. */
  readonly at: string
}

/** Who calls the usage router: `getUntypedClient(client)` of tRPC fits. */
export interface UsageClient {
  query(path: string, input?: unknown): Promise<unknown>
}
