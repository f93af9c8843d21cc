import type { CustomerAccess } from '@tollgate/features'
import type { Backend, Caller } from './backends/backend.ts'

/**
 * A customer's access now, on every change, and once in a while without one.
 *
 * A reader that is slower than the changes gets the newest, not all of them.
 */
export async function* changesOf(
  backend: Backend,
  caller: Caller,
  heartbeatMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<CustomerAccess, void> {
  let newest: CustomerAccess | null = null
  let wake = (): void => {}
  const wakeUp = (): void => wake()
  // Listens before it looks: what changes in between is not missed.
  const stop = backend.watch(caller, (access) => {
    newest = access
    wake()
  })
  const heartbeat = setInterval(wakeUp, heartbeatMs)
  signal?.addEventListener('abort', wakeUp)
  try {
    yield await backend.access(caller)
    while (!signal?.aborted) {
      if (newest === null) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = () => {}
      }
      if (signal?.aborted) return
      const access: CustomerAccess = newest ?? (await backend.access(caller))
      newest = null
      yield access
    }
  } finally {
    stop()
    clearInterval(heartbeat)
    signal?.removeEventListener('abort', wakeUp)
  }
}
