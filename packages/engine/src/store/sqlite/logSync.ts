import { closeSync, fdatasync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { StoreUnavailableError } from '../store.ts'
import { diskFault } from './storeFault.ts'

/**
 * Brings what was written to the log onto the disk, beside the event loop.
 *
 * One wait at a time, for all that was written before it began: what is written meanwhile shares the next.
 */
export interface LogSync {
  /** Resolves once all that is written is on the disk. Rejects when nobody can tell. */
  synced(): Promise<void>
  /** Throws unless all that a failed wait left behind is on the disk by another way. */
  mend(): void
  /** Waits for what is under way, and lets the file go. */
  close(): Promise<void>
}

/** How a file is brought onto the disk, as Node does it. */
export type SyncFile = (file: number, done: (error: Error | null) => void) => void

/** @param path the database's, whose log lies beside it. */
export function createLogSync(database: DatabaseSync, path: string, syncFile: SyncFile = fdatasync): LogSync {
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(FULL)')
  let file: number | null = null
  let current: PromiseWithResolvers<void> | null = null
  let next: PromiseWithResolvers<void> | null = null
  let failure: StoreUnavailableError | null = null

  const begin = (): void => {
    if (current !== null || next === null) return
    current = next
    next = null
    try {
      // SQLite keeps the file for as long as the database is open, and locks others, so that closing this one lets go of nothing.
      file ??= openSync(`${path}-wal`, 'r+')
      syncFile(file, end)
    } catch (error) {
      end(error)
    }
  }

  const end = (error: unknown): void => {
    const ended = current
    current = null
    if (error === null || error === undefined) {
      ended?.resolve()
      begin()
      return
    }
    // The system tells a failure once and takes the pages for written: the next wait would succeed, and mean nothing.
    failure = diskFault(error, path, 'unknown')
    ended?.reject(failure)
    next?.reject(failure)
    next = null
  }

  return {
    synced() {
      next ??= Promise.withResolvers()
      const { promise } = next
      begin()
      return promise
    },
    mend() {
      if (failure === null) return
      // The log is still whole in memory: what is copied from it into the database, and synced there, is on the disk.
      const progress = checkpoint.get()
      if (progress?.['busy'] !== 0 || progress['log'] !== progress['checkpointed']) throw diskFault(failure, path, 'nothing_happened')
      failure = null
    },
    async close() {
      for (let last = next ?? current; last !== null; last = next ?? current) await last.promise.catch(() => {})
      if (file !== null) closeSync(file)
      file = null
    },
  }
}
