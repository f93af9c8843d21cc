/** The first thing that is wrong with a field, in words; undefined when nothing is. */
export function errorOf(meta: { readonly errors: readonly unknown[] }): string | undefined {
  const [error] = meta.errors
  if (typeof error === 'string') return error
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined
}
