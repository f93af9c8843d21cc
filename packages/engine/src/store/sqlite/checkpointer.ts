import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/**
 * Moves the write-ahead log into the database file without holding up the event loop.
 *
 * A thread of its own copies what the log holds while writing goes on, and then what came in meanwhile, which is less. Only when nothing is
 * left does the log start over instead of growing: for the last, short pass writers are asked to pause. They wait beside the loop, where a pass
 * of their own thread would hold it for as long as the disk takes.
 */
export interface Checkpointer {
  /** Asks for a checkpoint; nothing happens while one is under way. */
  request(): void
  /** Resolves when the log may be written to again; undefined while it may. What is written all the same is safe, and keeps the log growing. */
  readonly pause: Promise<void> | undefined
  close(): Promise<void>
}

/** So few pages are moved in a moment. */
const SMALL = 256
/** The most passes beside writers that do not pause: on a slow disk there is always more to move than a moment takes. */
const PASSES = 4

/** Text, not a file of its own, so that it works from source, from a build and from a bundle alike. */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData)
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
parentPort.on('message', (message) => {
  if (message === 'checkpoint') return parentPort.postMessage(checkpoint.get())
  database.close()
  parentPort.close()
})
`

/** What SQLite answers to a checkpoint: how many pages of the log are in the database file now. */
interface Progress {
  readonly checkpointed: number
}

export function createCheckpointer(database: DatabaseSync, path: string): Checkpointer {
  const checkpointHere = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  let worker: Worker | null = null
  /** How many passes are begun of the checkpoint under way; 0 without one. */
  let passes = 0
  /** How many pages of the log they have moved. */
  let moved = 0
  let paused: PromiseWithResolvers<void> | null = null

  const startWorker = (): Worker => {
    const started = new Worker(WORKER, { eval: true, workerData: path })
    // A checkpoint under way must not keep a process that wants to end: the log is whole without it.
    started.unref()
    started.on('message', continueAfter)
    started.on('error', () => {
      // Without a thread, or with a disk that is full for it, the log still has to end some time.
      worker = null
      moveHere()
      end()
    })
    return started
  }

  const pass = (): void => {
    passes += 1
    worker ??= startWorker()
    worker.postMessage('checkpoint')
  }

  const continueAfter = ({ checkpointed }: Progress): void => {
    if (paused !== null) {
      end()
      return
    }
    const copied = checkpointed - moved
    moved = checkpointed
    // A pass does not know what came in while it ran: about as much again as it was long.
    if (copied <= SMALL || passes === PASSES) {
      paused = Promise.withResolvers()
      // Whoever waits for the end of the pause may be all that keeps the process.
      worker?.ref()
    }
    pass()
  }

  const end = (): void => {
    passes = 0
    moved = 0
    worker?.unref()
    paused?.resolve()
    paused = null
  }

  const moveHere = (): void => {
    try {
      checkpointHere.get()
    } catch {
      // The next request tries again; a disk that fails is told by the next write.
    }
  }

  return {
    request() {
      if (passes === 0) pass()
    },
    get pause() {
      return paused?.promise
    },
    async close() {
      const ending = worker
      worker = null
      end()
      if (ending === null) return
      ending.removeAllListeners('message')
      ending.ref()
      await new Promise((resolve) => {
        ending.once('exit', resolve)
        ending.postMessage('close')
      })
    },
  }
}
