import type { MutationOptions } from '@tanstack/react-query'

/** The procedure that a mutation made by `trpc.….mutationOptions()` calls; undefined for any other mutation. */
export function mutationPath({ mutationKey }: Pick<MutationOptions, 'mutationKey'>): string | undefined {
  const path = mutationKey?.at(-1)
  return Array.isArray(path) ? path.join('.') : undefined
}
