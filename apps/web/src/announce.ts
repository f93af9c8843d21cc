import { useSyncExternalStore } from 'react'

/** Something that was said to those who do not see the page change. */
export interface Announcement {
  readonly id: number
  readonly text: string
  /** Interrupts what is being read out: for what went wrong. */
  readonly urgent: boolean
}

let newest: Announcement = { id: 0, text: '', urgent: false }
const listeners = new Set<() => void>()

/** Has a screen reader say something, once. Nothing is seen of it. */
export function announce(text: string, urgent = false): void {
  newest = { id: newest.id + 1, text, urgent }
  for (const listener of listeners) listener()
}

/** What was announced last. */
export function useAnnouncement(): Announcement {
  return useSyncExternalStore(subscribe, () => newest)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
