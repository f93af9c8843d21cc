import { filePathOf } from './filePath.ts'
import { memoryStore } from './memory/memoryStore.ts'
import type { Store } from './store.ts'

export interface StoreOptions {
  /** About how many customers stay in memory, beside those whose newest entries are not folded yet. The store's own default when undefined. */
  readonly cachedCustomers?: number | undefined
}

/** Opens the store that a URL names. The driver of a database is loaded only when its URL is used. Throws a sentence when it cannot. */
export async function openStore(url: string, clock: () => number, { cachedCustomers }: StoreOptions = {}): Promise<Store> {
  const options = { clock, ...(cachedCustomers === undefined ? {} : { cachedCustomers }) }
  if (url === 'memory:') return memoryStore(clock)
  if (url.startsWith('file:')) {
    const { sqliteStore } = await import('./sqlite/sqliteStore.ts')
    return sqliteStore(filePathOf(url), options)
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { postgresStore } = await import('./postgres/postgresStore.ts')
    return postgresStore(url, options)
  }
  throw new TypeError(`'${url}' names no store: write file:usage.db, memory: or postgres://user@host/database`)
}
