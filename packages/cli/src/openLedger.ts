import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openStore, type Store } from '@tollgate/engine/store'
import { Fault, sentenceOf } from './fault.ts'

/** Opens a store that exists, does something with it, and closes it. What keeps it from opening ends in one sentence. */
export async function withLedger<T>(url: string, use: (store: Store) => Promise<T>): Promise<T> {
  if (url === 'memory:') throw new Fault('memory: holds nothing once its process has ended: name a file: or postgres:// store')
  const path = pathOf(url)
  // Opening a file that is not there would create it, and find nothing wrong with it.
  if (path !== null && !existsSync(path)) throw new Fault(`there is no ledger at ${path}`)
  const store = await openStore(url, Date.now).catch((error: unknown) => {
    throw new Fault(sentenceOf(error))
  })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function pathOf(url: string): string | null {
  if (!url.startsWith('file:')) return null
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
}
