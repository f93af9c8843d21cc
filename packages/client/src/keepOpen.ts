import { focusManager, onlineManager } from '@tanstack/react-query'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 30_000
/** A server tells something every 25 s, unless it is told otherwise: a connection that is silent for longer has died unnoticed. */
const SILENCE_MS = 60_000
const TICK_MS = 10_000

/** What is told of a connection. */
export interface ConnectionObserver {
  onHeard(): void
  /** It closed by itself. */
  onLost(): void
}

/**
 * Keeps a connection open while the page is seen and online, and opens it again after sleep, a lost network or a restart of the server.
 *
 * A hidden page lets its connection go: browsers have few of them per host, and whoever comes back is told the newest first.
 * Answers how to stop.
 */
export function keepOpen(open: (on: ConnectionObserver) => { unsubscribe(): void }): () => void {
  let close = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  let delayMs = FIRST_DELAY_MS
  let heardAt = Date.now()

  const stop = () => {
    clearTimeout(timer)
    close()
    close = () => {}
  }
  const start = () => {
    stop()
    if (!focusManager.isFocused() || !onlineManager.isOnline()) return
    heardAt = Date.now()
    let isOver = false
    const connection = open({
      onHeard() {
        heardAt = Date.now()
        delayMs = FIRST_DELAY_MS
      },
      onLost() {
        if (isOver) return
        isOver = true
        // Random, so that the pages that lost the same server do not all come back at once.
        timer = setTimeout(start, delayMs * (0.5 + Math.random() / 2))
        delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)
      },
    })
    close = () => {
      isOver = true
      connection.unsubscribe()
    }
  }
  const ticker = setInterval(() => {
    if (Date.now() - heardAt > SILENCE_MS) start()
  }, TICK_MS)

  const ends = [focusManager.subscribe(start), onlineManager.subscribe(start), () => clearInterval(ticker), stop]
  start()
  return () => {
    for (const end of ends) end()
  }
}
