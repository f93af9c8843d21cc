import { Presets, SingleBar } from 'cli-progress'

/** A bar on the terminal while something long runs; silent where nobody watches. */
export interface ProgressBar {
  update(done: number, of: number): void
  stop(): void
}

/** Draws on standard error, so that what a command prints can still be piped. */
export function progressBar(what: string): ProgressBar {
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage}% of {total} entries, {eta_formatted} left`,
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.shades_classic,
  )
  let started = false
  return {
    update(done, of) {
      if (!process.stderr.isTTY) return
      if (!started) bar.start(of, done)
      started = true
      bar.update(done)
    },
    stop() {
      if (started) bar.stop()
    },
  }
}
