import type { CustomerState, Engine } from '@tollgate/engine'

/** Hears the engine once for all listeners, however many there are, and tells each only of its own customer. */
export function watchedBy(engine: Engine) {
  const listeners = new Map<string, Set<(state: CustomerState) => void>>()
  let stop: (() => void) | null = null

  return (customerId: string, listener: (state: CustomerState) => void): (() => void) => {
    stop ??= engine.watch(({ customer }) => {
      for (const each of listeners.get(customer.id) ?? []) each(customer)
    })
    const own = listeners.get(customerId) ?? new Set()
    listeners.set(customerId, own.add(listener))
    return () => {
      own.delete(listener)
      if (own.size === 0 && listeners.get(customerId) === own) listeners.delete(customerId)
      if (listeners.size > 0) return
      stop?.()
      stop = null
    }
  }
}
