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
  const heard: { newest: CustomerAccess | null; beat: boolean } = { newest: null, beat: false }
  let wake = (): void => {}
  // Listens before it looks: what changes in between is not missed.
  const stop = backend.watch(caller, (access) => {
    heard.newest = access
    wake()
  })
  const heartbeat = setInterval(() => {
    heard.beat = true
    wake()
  }, heartbeatMs)
  const onAbort = (): void => wake()
  signal?.addEventListener('abort', onAbort)

  try {
    let told = await backend.access(caller)
    yield told
    for (;;) {
      while (!heard.beat && !signal?.aborted && (heard.newest?.version ?? 0) <= told.version) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (signal?.aborted) return
      // What this process heard is newer than anything it could read; a heartbeat shows what others have changed.
      const { newest, beat } = heard
      heard.newest = null
      heard.beat = false
      told = newest && !beat ? newest : await backend.access(caller)
      yield told
    }
  } finally {
    stop()
    clearInterval(heartbeat)
    signal?.removeEventListener('abort', onAbort)
  }
}
