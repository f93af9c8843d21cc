import type { OperationRef } from './backends/backend.ts'

/** The operations of clients that run in this process, so that a repeat can wait for the first without asking the backend again and again. */
export interface Repeats {
  /** How the same operation stands here; null when it does not run here. */
  standing(operation: OperationRef): { readonly kind: 'conflict' } | { readonly kind: 'running'; readonly ended: Promise<void> } | null
  /** Notes that an operation runs, until the answer is called. */
  begin(operation: OperationRef): () => void
  /** How long a repeat waits in all. */
  readonly waitMs: number
}

export function createRepeats(waitMs: number): Repeats {
  const running = new Map<string, { readonly fingerprint: string; readonly ended: PromiseWithResolvers<void> }>()
  return {
    waitMs,
    standing({ id, fingerprint }) {
      const first = running.get(id)
      if (first === undefined) return null
      return first.fingerprint === fingerprint ? { kind: 'running', ended: first.ended.promise } : { kind: 'conflict' }
    },
    begin({ id, fingerprint }) {
      const own = { fingerprint, ended: Promise.withResolvers<void>() }
      running.set(id, own)
      return () => {
        if (running.get(id) === own) running.delete(id)
        own.ended.resolve()
      }
    },
  }
}
