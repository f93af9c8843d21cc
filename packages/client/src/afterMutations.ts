import type { CustomerAccess, Manifest } from '@tollgate/features'
import { afterSpending } from './afterSpending.ts'
import { fixedCosts } from './fixedCosts.ts'
import { mutationPath } from './mutationPath.ts'
import { accessQuery, manifestQuery, type QuotedCosts, quoteQuery } from './usageQuery.ts'
import type { UsageSource } from './usageSource.ts'

/**
 * The access as it will be when the mutations that are running have gone through, as far as their cost is known here.
 *
 * One that fails runs no longer, and then counts no longer. One that began before the access was read is in the access already, or was
 * not yet when it was read: it is left out rather than counted twice.
 */
export function afterMutations(source: UsageSource, access: CustomerAccess): CustomerAccess {
  const { features, queryClient } = source
  const readAt = queryClient.getQueryState(accessQuery(source).queryKey)?.dataUpdatedAt ?? 0
  const procedures = queryClient.getQueryData<Manifest>(manifestQuery(source).queryKey)?.procedures
  const running = queryClient.getMutationCache().findAll({ status: 'pending' })
  const costs = running.flatMap(({ options, state }) => {
    const path = mutationPath(options)
    const procedure = path === undefined || state.submittedAt < readAt ? undefined : procedures?.[path]
    if (path === undefined || procedure?.kind !== 'metered') return []
    const quote = queryClient.getQueryData<QuotedCosts>(quoteQuery(source, path, state.variables).queryKey)
    return fixedCosts(procedure.costs) ?? quote?.costs ?? []
  })
  return afterSpending(features, access, costs)
}
