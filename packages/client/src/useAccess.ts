import { useMutationState, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import type { CustomerAccess } from '@tollgate/features'
import { afterMutations } from './afterMutations.ts'
import { type Loaded, loadedOf, type Ready } from './loaded.ts'
import { accessQuery, manifestQuery } from './usageQuery.ts'
import type { UsageSource } from './usageSource.ts'

/**
 * What follows from a customer's access; mutations that are running are counted in.
 *
 * Renders again only when what follows has changed.
 */
export function useAccess<$Value extends object>(
  source: UsageSource,
  entityId: string | undefined,
  derive: (access: CustomerAccess) => $Value,
): Loaded<$Value> {
  const expected = useExpected(source, entityId)
  return loadedOf(useQuery({ ...accessQuery(source, entityId), select: (access) => derive(expected(access)) }))
}

/** The same, suspending until it is known. */
export function useSuspenseAccess<$Value extends object>(
  source: UsageSource,
  entityId: string | undefined,
  derive: (access: CustomerAccess) => $Value,
): Ready<$Value> {
  const expected = useExpected(source, entityId)
  const {
    data,
    error,
    refetch: refresh,
  } = useSuspenseQuery({ ...accessQuery(source, entityId), select: (access) => derive(expected(access)) })
  return { ...data, status: 'ready', error, refresh }
}

/** How an access looks once the mutations that are running have gone through. */
function useExpected(source: UsageSource, entityId: string | undefined): (access: CustomerAccess) => CustomerAccess {
  // Without the manifest no mutation is known to cost anything before it is answered.
  useQuery({ ...manifestQuery(source), notifyOnChangeProps: [] })
  useMutationState({ filters: { status: 'pending' }, select: ({ mutationId }) => mutationId })
  // A call says nothing of the entity that pays for it: only the view of the session itself runs ahead.
  return (access) => (entityId === undefined ? afterMutations(source, access) : access)
}
