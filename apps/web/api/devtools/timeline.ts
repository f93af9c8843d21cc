/** One thing that a backend was asked, and how it ended. */
export interface TimelineEvent {
  readonly id: number
  /** When it was asked, in milliseconds since the epoch. */
  readonly at: number
  readonly durationMs: number
  readonly kind: 'access' | 'check' | 'reserve' | 'extend' | 'commit' | 'release' | 'record' | 'refund'
  /** The path of the procedure; null where the backend is not told. */
  readonly procedure: string | null
  readonly units: readonly { readonly featureId: string; readonly units: number }[]
  /** `held`, `committed`, `denied`, …; `failed` when it could not answer. */
  readonly outcome: string
  /** Why it was denied, or could not answer. */
  readonly reason: string | null
}

/** The last events of each customer, for the devtools. */
export interface Timeline {
  add(customerId: string, event: Omit<TimelineEvent, 'id'>): void
  /** Newest last. */
  of(customerId: string): readonly TimelineEvent[]
  /** Answers how to stop. */
  subscribe(customerId: string, listener: () => void): () => void
}

const KEPT = 200

export function createTimeline(): Timeline {
  const events = new Map<string, readonly TimelineEvent[]>()
  const listeners = new Map<string, Set<() => void>>()
  let id = 0
  return {
    add(customerId, event) {
      id += 1
      events.set(customerId, [...(events.get(customerId) ?? []), { ...event, id }].slice(-KEPT))
      for (const listener of listeners.get(customerId) ?? []) listener()
    },
    of: (customerId) => events.get(customerId) ?? [],
    subscribe(customerId, listener) {
      const own = listeners.get(customerId) ?? new Set()
      listeners.set(customerId, own.add(listener))
      return () => {
        own.delete(listener)
      }
    },
  }
}
