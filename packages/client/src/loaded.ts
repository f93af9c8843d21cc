import type { UseQueryResult } from '@tanstack/react-query'

/** What is known, or why it is not known yet. Before it is known every one of its fields is undefined: neither allowed nor refused. */
export type Loaded<TValue> = Ready<TValue> | NotReady<TValue>

/** What is known. */
export type Ready<TValue> = TValue &
  Refreshable & { readonly status: 'ready' /** Why reading it again failed: it may be outdated. */; readonly error: Error | null }

/** What is not known yet: it is being read, the browser is offline, or reading it failed. */
export type NotReady<TValue> = { readonly [Key in KeyOf<TValue>]?: undefined } & Refreshable &
  ({ readonly status: 'loading' | 'offline'; readonly error: null } | { readonly status: 'error'; readonly error: Error })

interface Refreshable {
  /** Reads it again. */
  refresh(): Promise<unknown>
}

/** The keys of every member of a union, and not only those that all of them have. */
type KeyOf<TValue> = TValue extends unknown ? keyof TValue : never

/** The result of a query in these words. */
export function loadedOf<$Value extends object>(result: UseQueryResult<$Value, Error>): Loaded<$Value> {
  const { data, error, refetch: refresh } = result
  if (data !== undefined) return { ...data, status: 'ready', error, refresh }
  return notReadyOf(result)
}

/** A query without data in these words. */
export function notReadyOf<$Value>({ error, fetchStatus, refetch: refresh }: UseQueryResult<unknown, Error>): NotReady<$Value> {
  // Without any of the value's fields, as the type says.
  if (error !== null) return { status: 'error', error, refresh } as NotReady<$Value>
  return { status: fetchStatus === 'paused' ? 'offline' : 'loading', error, refresh } as NotReady<$Value>
}
