import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/**
 * Moves the write-ahead log into the database file without holding up the event loop.
 *
 * A thread of its own copies what the log holds while writing goes on. What came in meanwhile is little, and the writer moves it itself:
 * only when nothing is left does the log start over instead of growing.
 */
export interface Checkpointer {
  /** Asks for a checkpoint; nothing happens while one is under way. */
  request(): void
  close(): Promise<void>
}

/** The most pages that the writer's own thread moves at once. */
const SMALL = 512

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

/** What SQLite answers to a checkpoint: pages in the log, and how many of them are in the database file now. */
interface Progress {
  readonly log: number
  readonly checkpointed: number
}

export function createCheckpointer(database: DatabaseSync, path: string): Checkpointer {
  const checkpointHere = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  let worker: Worker | null = null
  let underWay = false
  let moved = 0

  const startWorker = (): Worker => {
    const started = new Worker(WORKER, { eval: true, workerData: path })
    // A checkpoint under way must not keep a process that wants to end: the log is whole without it.
    started.unref()
    started.on('message', continueAfter)
    started.on('error', () => {
      // Without a thread, or with a disk that is full for it, the log still has to end some time.
      worker = null
      finishHere()
    })
    return started
  }

  const continueAfter = ({ log, checkpointed }: Progress): void => {
    const copied = checkpointed - moved
    moved = checkpointed
    // What came in while a pass ran is about as much again as the pass was long: little after a short one.
    if (copied > SMALL || log - checkpointed > SMALL) worker?.postMessage('checkpoint')
    else finishHere()
  }

  const finishHere = (): void => {
    underWay = false
    moved = 0
    try {
      checkpointHere.get()
    } catch {
      // The next request tries again; a disk that fails is told by the next write.
    }
  }

  return {
    request() {
      if (underWay) return
      underWay = true
      worker ??= startWorker()
      worker.postMessage('checkpoint')
    },
    async close() {
      const ending = worker
      worker = null
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
