import type { Clock } from '../clock.ts'

/** Time that passes when nothing else is left to do: seconds of waiting take none. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass until `until` holds. `isBusy` tells of work that waits for no time. False when it did not come to hold in `mostMs`, by
   * default ten days.
   */
  run(isBusy: () => boolean, until: () => boolean, mostMs?: number): Promise<boolean>
  /** Lets time pass until nobody waits any more; false when somebody waits again and again. */
  settle(isBusy: () => boolean): Promise<boolean>
  /** Sets the time, when nobody waits. */
  reset(now: number): void
}

interface Timer {
  readonly at: number
  readonly resolve: () => void
}

export function createVirtualClock(start: number): VirtualClock {
  let time = start
  let timers: Timer[] = []

  /** The timers that are due next, all at once, in the order in which they were set. */
  const takeDue = (): readonly Timer[] => {
    const at = timers.reduce((earliest, timer) => Math.min(earliest, timer.at), Number.POSITIVE_INFINITY)
    const due = timers.filter((timer) => timer.at === at)
    timers = timers.filter((timer) => timer.at !== at)
    if (due.length > 0) time = Math.max(time, at)
    return due
  }

  const clock: VirtualClock = {
    now: () => time,
    delay(ms, { signal } = {}) {
      if (signal?.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = { at: time + Math.max(0, ms), resolve }
        timers.push(timer)
        const cancel = (): void => {
          timers = timers.filter((each) => each !== timer)
          resolve()
        }
        signal?.addEventListener('abort', cancel, { once: true })
      })
    },
    async run(isBusy, until, mostMs = TEN_DAYS_MS) {
      const latest = time + mostMs
      for (let idle = 0; !until(); ) {
        if (time > latest) return false
        await turn()
        if (isBusy()) {
          idle = 0
          continue
        }
        // What was just resolved may set timers of its own in the turns that follow.
        if (++idle < IDLE_TURNS) continue
        const due = takeDue()
        if (due.length > 0) idle = 0
        else if (idle > LOST_TURNS) throw new Error('the simulation waits for something that is not simulated')
        for (const timer of due) timer.resolve()
      }
      return true
    },
    async settle(isBusy) {
      let idle = 0
      return clock.run(isBusy, () => {
        idle = timers.length > 0 || isBusy() ? 0 : idle + 1
        return idle > 2 * IDLE_TURNS
      })
    },
    reset(now) {
      time = now
      timers = []
    },
  }
  return clock
}

const TEN_DAYS_MS = 864_000_000

/** So many turns of the event loop without work, and everyone who is left waits for time. */
const IDLE_TURNS = 2

/** So long a resolver may take real time, without any that is simulated: some seconds. */
const LOST_TURNS = 2_000_000

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
