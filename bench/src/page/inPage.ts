/** What a page tells of its own first seconds, in milliseconds since it was asked for. */
export interface FirstRender {
  readonly firstPaintMs: number
  readonly largestPaintMs: number
  /** When the balance stood on the page. */
  readonly balanceMs: number
  /** How far things moved that nobody moved; below 0.1 counts as good. */
  readonly layoutShift: number
}

/** What one click came to, in milliseconds since the press. */
export interface Click {
  /** Until the browser painted what the click changed. */
  readonly nextPaintMs: number
  /** Until the button says that the work is done. */
  readonly doneMs: number
}

/** In the page, before anything else: remembers what is told only while it happens. */
export function watchPage(): void {
  const seen = { largest: 0, shift: 0, balance: 0 }
  Object.assign(window, { seen })
  const each = (type: string, note: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true })
  each('largest-contentful-paint', ({ startTime }) => {
    seen.largest = startTime
  })
  each('layout-shift', (entry) => {
    seen.shift += Number(Reflect.get(entry, 'value'))
  })
  new MutationObserver((_, observer) => {
    if (!/\d of \d/.test(document.querySelector('[data-testid=balance-credits]')?.textContent ?? '')) return
    observer.disconnect()
    seen.balance = performance.now()
  }).observe(document, { childList: true, subtree: true, characterData: true })
}

/** In the page: waits for the balance and for a still moment, and tells what was seen. */
export async function tellFirstRender(): Promise<FirstRender> {
  const seen: { readonly largest: number; readonly shift: number; readonly balance: number } = Reflect.get(window, 'seen')
  while (seen.balance === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await new Promise((resolve) => requestIdleCallback(resolve))
  const firstPaintMs = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN
  return { firstPaintMs, largestPaintMs: seen.largest, balanceMs: seen.balance, layoutShift: seen.shift }
}

/** In the page: waits for the next press of the button of this name, and measures what comes of it. */
export function awaitClick(name: string): Promise<Click> {
  const button = [...document.querySelectorAll('button')].find((each) => each.textContent?.includes(name) || each.ariaLabel?.includes(name))
  if (button === undefined) throw new Error(`there is no button ${name}`)
  return new Promise((resolve) => {
    const start = (event: Event) => {
      const pressed = event.timeStamp
      let nextPaintMs = 0
      // A task that follows a frame's callbacks runs after that frame was painted.
      const painted = (then: () => void) => requestAnimationFrame(() => setTimeout(then))
      painted(() => {
        nextPaintMs = performance.now() - pressed
        const look = (): void => {
          if (button.ariaBusy === 'true') painted(look)
          else resolve({ nextPaintMs, doneMs: performance.now() - pressed })
        }
        look()
      })
    }
    button.addEventListener('pointerdown', start, { once: true, capture: true })
  })
}
